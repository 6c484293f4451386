"""What an agent answers, as the environment gets it."""

import numpy as np
import pytest
from gymnasium import spaces

from netgym_cli.common.errors import ActionError, ConfigError
from netgym_cli.envs.actions import edges, environment_action, stated_action
from tests.support.kinds import SPACES

WHOLE = [name for name, space in SPACES.items() if isinstance(space, spaces.Box) and space.dtype.kind in "iub"]


@pytest.mark.parametrize("name", WHOLE)
def test_numbers_for_whole_numbers_are_rounded_and_stay_inside(name):
    space = SPACES[name]
    low, high = edges(space)
    for share in (0, 0.2, 0.5, 0.77, 1):
        for dtype in (np.float32, np.float64):
            number = (low + (high - low) * share).astype(dtype)
            action = environment_action(number, space)
            assert space.contains(action) and action.dtype == space.dtype
            assert (np.abs(action.astype(np.float64) - number) <= np.maximum(0.5, np.abs(number) * 1e-7)).all()


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8])
def test_each_whole_number_is_an_equal_part_of_the_interval(dtype):
    space = spaces.Box(1, 12, (12_000,), dtype)
    low, high = edges(space)
    evenly = low + (high - low) * (np.arange(12_000) + 0.5) / 12_000
    counts = np.bincount(environment_action(evenly, space))
    assert counts.tolist() == [0, *[1000] * 12]


@pytest.mark.parametrize("number", [5.6, -7.0, np.nan, np.inf])
def test_a_number_that_rounds_to_none_of_them_is_an_error(number):
    with pytest.raises(ActionError, match="whole numbers from -5 to 5"):
        environment_action(np.array([number]), SPACES["whole"])


def test_actions_of_floats_are_left_as_they_are():
    space = spaces.Box(-1, 1, (3,))
    for action in (space.sample(), [0.1, 0.2, 0.3], np.array([0.1, 0.2, 7.0]), None, np.empty(0), "x"):
        assert environment_action(action, space) is action


def test_a_float_of_fewer_bits_may_lie_at_a_bound_that_it_cannot_tell():
    space = SPACES["box_in_64_bits"]
    assert np.float64(np.float32(0.1)) > 0.1
    action = environment_action(np.full(2, 0.1, np.float32), space)
    assert space.contains(action)
    beyond = np.full(2, 0.11, np.float32)
    assert environment_action(beyond, space) is beyond


def test_choices_get_the_dtype_of_their_space_and_parts_are_reached():
    assert environment_action(np.int64(2), SPACES["choice_in_32_bits"]).dtype == np.int32
    assert environment_action(np.array([1.0, 0.0, 1.0], np.float32), SPACES["switches"]).dtype == np.int8
    nested = spaces.Dict(a=spaces.Tuple((SPACES["whole"], SPACES["choice"])))
    assert environment_action({"a": (np.array([2.6]), 1)}, nested) == {"a": (np.array([3]), 1)}


def test_an_action_that_is_stated_in_a_config_is_not_rounded():
    assert stated_action([3.0], SPACES["whole"], "agent.action") == np.array([3])
    assert stated_action(None, spaces.Box(-5, 4, (1,), np.int64), "agent.action") == np.array([0])
    with pytest.raises(ConfigError, match=r"agent\.action is 2\.7"):
        stated_action(2.7, SPACES["whole"], "agent.action")
