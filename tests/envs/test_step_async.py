"""A step of an environment in two halves, so that one thread can drive many environments."""

import numpy as np
import pytest

from netgym_cli.common.errors import ActionError, SessionError, SimulatorDied
from netgym_cli.envs.network_env import NetworkEnv
from tests.support.engine import run_config


def toy(**env) -> NetworkEnv:
    config = run_config(env=env)
    return NetworkEnv(config.env, config.simulator)


def outcome(step):
    observation, *rest, info = step
    return (
        observation.tolist(),
        rest,
        {key: value for key, value in info.items() if key not in ("wall_ms", "network_stats")},
    )


def test_both_halves_are_a_step():
    whole, halves = toy(), toy()
    whole.reset()
    halves.reset()
    while not whole.episode_over:
        action = np.full(3, 0.1)
        halves.step_async(action)
        assert outcome(halves.step_wait()) == outcome(whole.step(action))
    with pytest.raises(SessionError, match="without a running episode"):
        halves.step_async(None)


def test_each_half_says_what_comes_first():
    env = toy()
    env.reset()
    with pytest.raises(SessionError, match=r"call step_async\(action\) first"):
        env.step_wait()
    env.step_async(None)
    for step in (env.step_async, env.step):
        with pytest.raises(SessionError, match=r"call step_wait\(\) before the next one"):
            step(None)
    env.step_wait()
    env.step(None)


def test_a_wrong_action_leaves_no_step_under_way():
    env = toy()
    env.reset()
    with pytest.raises(ActionError):
        env.step_async(np.full(3, np.nan))
    env.step(None)


def test_reset_waits_for_the_step_under_way_and_runs_on():
    env, other = toy(), toy()
    for network in (env, other):
        network.reset()
    env.step_async(None)
    observation, _ = env.reset()
    other.step(None)
    assert (observation == other.reset()[0]).all()
    assert (env.session, env.episode, env.step_index) == (0, 1, 0)


def test_close_gives_the_step_up():
    env = toy()
    env.reset()
    env.step_async(None)
    env.close()
    with pytest.raises(SessionError):
        env.step_wait()
    env.reset()
    env.step(None)


def test_a_failure_is_told_where_it_is_waited_for():
    env = toy(fail_at_step=1)
    env.reset()
    env.step_async(None)
    with pytest.raises(SimulatorDied):
        env.step_wait()
    assert not env.running
    with pytest.raises(SessionError):
        env.step_wait()
