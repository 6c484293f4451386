"""Spaces in messages: one short line, and different texts for two that differ."""

import numpy as np
import pytest
from gymnasium import spaces

from netgym_cli.common.space_text import distinct_texts, short_text

VARIED = spaces.Box(np.arange(12, dtype=np.float32).reshape(3, 4), np.full((3, 4), 99, np.float32))


@pytest.mark.parametrize(
    ("space", "text"),
    [
        (spaces.Box(0, 1, (3, 5)), "Box(0.0, 1.0, (3, 5), float32)"),
        (spaces.Box(-np.inf, np.inf, (56,)), "Box(-inf, inf, (56,), float32)"),
        (spaces.Box(0, 255, (64, 64, 3), np.uint8), "Box(0, 255, (64, 64, 3), uint8)"),
        (VARIED, "Box(0 at least, 99.0, (3, 4), float32)"),
        (spaces.Discrete(4), "Discrete(4)"),
        (
            spaces.Dict(x=VARIED, y=spaces.Discrete(2)),
            "Dict(x: Box(0 at least, 99.0, (3, 4), float32), y: Discrete(2))",
        ),
        (spaces.Tuple([spaces.Box(0, 1, ()), spaces.Discrete(2)]), "Tuple(Box(0.0, 1.0, (), float32), Discrete(2))"),
    ],
)
def test_a_space_is_one_short_line(space, text):
    assert short_text(space) == text


def test_a_long_one_is_cut():
    assert len(short_text(spaces.Dict({f"part_{k}": spaces.Discrete(9) for k in range(99)}))) == 203


@pytest.mark.parametrize("wrap", [lambda box: box, lambda box: spaces.Dict(a=spaces.Discrete(2), b=box)])
def test_spaces_that_differ_in_one_bound_can_be_told_apart(wrap):
    high = VARIED.high.copy()
    high[0, 0] = high[2, 1] = 50
    other_high = high.copy()
    other_high[2, 1] = 60
    one, other = distinct_texts(wrap(spaces.Box(VARIED.low, high)), wrap(spaces.Box(VARIED.low, other_high)))
    assert one.endswith("with 9 to 50 at [2, 1]") and other.endswith("with 9 to 60 at [2, 1]")
    assert distinct_texts(VARIED, VARIED) == (short_text(VARIED), short_text(VARIED))


def test_other_spaces_are_apart_as_they_are():
    assert distinct_texts(spaces.Discrete(2), spaces.Discrete(3)) == ("Discrete(2)", "Discrete(3)")
