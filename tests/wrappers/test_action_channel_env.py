import gymnasium
import pytest
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.wrappers.action_channel_env import ActionChannelEnv
from netgym_cli.wrappers.seeds import ACTION_STREAM, channel_seed
from tests.support.scripted_channel import scripted_config


class Actuator(gymnasium.Env):
    """The observation is the action that was applied."""

    observation_space = spaces.Box(-1, 100, ())
    action_space = spaces.Discrete(100)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return -1, {}

    def step(self, action):
        return action, 0.0, False, False, {}


def applied(delays_ms, **keys):
    """What was applied in six steps with the actions 1 to 6."""
    env = ActionChannelEnv(Actuator(), scripted_config(delays_ms), **keys)
    env.reset(seed=2)
    return [env.step(action)[0] for action in range(1, 7)]


def test_without_delay_and_loss_nothing_changes():
    assert applied([]) == [1, 2, 3, 4, 5, 6]


def test_the_actuator_holds_the_last_action_or_falls_back():
    delays = [None, 0, None, 0, 10, None]
    assert applied(delays, default=99) == [99, 2, 2, 4, 4, 5]
    assert applied(delays, default=99, hold="default") == [99, 2, 99, 4, 99, 5]


def test_an_action_that_was_overtaken_is_never_applied():
    assert applied([25, 0, 0, 0, 0, 0]) == [0, 2, 3, 4, 5, 6]
    assert applied([35, 22, 15, None, None, None], default=0) == [0, 0, 0, 3, 3, 3]


def test_a_duplicate_is_not_applied_again():
    assert applied([(0, 15), None, None, None, None, None], hold="default", default=7) == [1, 7, 7, 7, 7, 7]


def test_info_tells_what_is_in_force():
    env = ActionChannelEnv(Actuator(), scripted_config([None, 0, None]), default=0)
    env.reset(seed=2)
    told = [env.step(5)[-1] for _ in range(3)]
    assert [one["action_applied"] for one in told] == [False, True, False]
    assert [one["action_age_ms"] for one in told] == [10, 10, 20]
    assert told[-1]["action_channel_info"]["lost"] == 2
    assert env.channel.seeds == [channel_seed(2, ACTION_STREAM)] and env.channel.sizes == [8, 8, 8]


def test_a_dead_channel_does_not_collect_actions():
    env = ActionChannelEnv(Actuator(), scripted_config([None] * 1000), default=0)
    env.reset()
    for _ in range(1000):
        env.step(1)
    assert len(env._under_way) <= 1


def test_bad_values():
    with pytest.raises(ConfigError, match="hold is 'never'; allowed: last or default"):
        ActionChannelEnv(Actuator(), scripted_config(), hold="never")
    with pytest.raises(ConfigError, match=r"channel.action: unknown channel 'nonne'. Did you mean 'none'"):
        ActionChannelEnv(Actuator(), "nonne")
