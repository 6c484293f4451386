"""Measurements taken together are those taken one by one, to the bit, of one network and of many."""

import numpy as np
import pytest

from netgym_cli.envs.gathered import Gathered, Means
from netgym_cli.envs.last_axis import mean
from netgym_cli.simulators.stats import Layout, Row, Stats, UnknownMeasurement

NAMES = ("a::x", "a::z", "b::x")


def stats(entries, shape=()):
    ids = tuple(range(entries))
    rows = [Row("a", "x", "", ids), Row("a", "y", "", (0,)), Row("a", "z", "", ids), Row("b", "x", "", ids)]
    layout = Layout(tuple(rows))
    random = np.random.default_rng(entries)
    values = random.standard_normal((*shape, layout.size)) * 10.0 ** random.integers(-8, 8, (*shape, layout.size))
    return Stats(layout, 0.0, values)


@pytest.mark.parametrize("shape", [(), (1,), (7,)])
def test_they_are_those_taken_one_by_one(shape):
    gathered, means = Gathered(NAMES), Means(NAMES)
    for entries in (1, 2, 5, 8, 9, 40, 129, 300, 5):  # the same objects, as layouts change between sessions
        measured = stats(entries, shape)
        assert np.array_equal(gathered(measured), np.stack([measured[name] for name in NAMES], axis=-2))
        for together, name in zip(means(measured), NAMES, strict=True):
            alone = mean(measured[name])
            assert np.asarray(together).tobytes() == np.asarray(alone).tobytes()
            assert isinstance(together, float) == (shape == ())


def test_of_different_lengths_they_are_taken_one_by_one():
    measured = stats(5)
    assert Gathered(("a::x", "a::y"))(measured) is None
    assert Means(("a::x", "a::y"))(measured) == [mean(measured["a::x"]), mean(measured["a::y"])]


def test_one_that_is_not_there_is_named():
    with pytest.raises(UnknownMeasurement, match="a::w"):
        Gathered(("a::x", "a::w"))(stats(3))
