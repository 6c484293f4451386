"""Figures of many networks at once are those of each of them, to the bit, however many entries they have."""

import math

import numpy as np
import pytest

from netgym_cli.envs.actions import box_action, discrete_action
from netgym_cli.envs.builtin.nqos_split import utility, utility_networkgym, utility_normalized
from netgym_cli.envs.builtin.rmcat import jain_index
from netgym_cli.envs.last_axis import kept, logarithm, mean, mean_where, number, total
from netgym_cli.envs.multi_access.adapter import mean_owd_ms

ENTRIES = [1, 2, 5, 7, 8, 9, 16, 17, 40, 130, 300]  # NumPy adds up to 7, to 128 and more in other ways
FIGURES = {
    "mean": mean,
    "total": total,
    "mean_where": lambda values: mean_where(values > 20, values),
    "mean_owd_ms": mean_owd_ms,
    "jain_index": jain_index,
    "logarithm": lambda values: total(np.asarray(logarithm(values, -10.0))),
    "utility": lambda values: utility(values, values[..., ::-1] * 3),
    "utility_networkgym": lambda values: utility_networkgym(values, values[..., ::-1] * 3),
    "utility_normalized": lambda values: utility_normalized(values, values * 1.7, values[..., ::-1] * 3),
}


def drawn(entries):
    """Networks in which none, some or all of the entries are 0."""
    random = np.random.default_rng(entries)
    values = random.gamma(0.7, 30, (60, entries))
    return values * (random.random((60, entries)) >= random.choice([0, 0.1, 0.5, 0.9, 1.1], (60, 1)))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("entries", ENTRIES)
def test_each_of_many_is_as_alone(name, entries):
    wide = np.repeat(drawn(entries), 3, axis=1)  # the same numbers as part of longer rows, as `Stats` has them
    for values in (drawn(entries), wide[:, entries : 2 * entries], np.asfortranarray(drawn(entries)).copy()):
        many = FIGURES[name](values)
        alone = [FIGURES[name](np.ascontiguousarray(row)) for row in values]
        assert all(type(figure) is float for figure in alone)
        assert many.dtype == np.float64 and many.tolist() == alone


def test_what_is_chosen_is_added_as_if_nothing_else_were_there():
    values = drawn(40)
    assert mean_where(values > 0, values).tolist() == [
        float(row[row > 0].mean()) if (row > 0).any() else 0.0 for row in values
    ]


def test_one_number_and_bounds():
    assert number(np.float32(2.5)) == 2.5 and number(np.arange(2)).dtype == np.float64
    assert kept(3.0, 0, 2) == 2 and kept(np.array([-1.0, 1]), 0, 2).tolist() == [0, 1]
    assert logarithm(0.0) == -math.inf and logarithm(math.e) == 1.0


def test_actions_of_many_are_taken_where_they_are_asked_for():
    from gymnasium import spaces

    from netgym_cli.common.errors import ActionError

    box, choices = spaces.Box(0, 1, (2, 3), np.float32), spaces.MultiDiscrete([2, 3])
    for act, space, action in ((box_action, box, np.full((2, 3), 0.5)), (discrete_action, choices, np.array([1, 2]))):
        many = np.stack([action] * 4)
        assert (act(many, space, many=True) == many).all() and (act(action, space, many=True) == action).all()
        with pytest.raises(ActionError, match="shape"):
            act(many, space)
        with pytest.raises(ActionError, match="shape"):
            act(many[..., :1], space, many=True)
