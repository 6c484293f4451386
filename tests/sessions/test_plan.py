"""How long a run is: so many sessions, a list of them, or so many steps."""

from dataclasses import replace

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.seeds import seed_of_session
from netgym_cli.config.schema import ParallelAgentConfig
from netgym_cli.sessions.plan import Plan
from tests.support.engine import run_config


def planned(steps, n_envs):
    """A run of so many steps; episodes have 4, and sessions 2 episodes."""
    return replace(run_config(sessions=10), steps=steps, agent=ParallelAgentConfig(name="random", n_envs=n_envs))


def test_a_number_of_sessions_is_a_list_of_as_many():
    assert Plan.of(run_config(seed=5, sessions=4)) == Plan.of(run_config(seed=5, sessions=[{}] * 4))
    assert Plan.of(run_config(seed=5, sessions=4)).seeds == tuple(seed_of_session(5, k) for k in range(4))


@pytest.mark.parametrize(
    ("steps", "n_envs", "episodes"),
    [(8, 1, [2]), (4, 1, [1]), (20, 1, [2, 2, 1]), (24, 3, [2]), (36, 3, [2, 1]), (80, 1, [2] * 10)],
)
def test_a_number_of_steps_is_met_exactly_and_the_last_session_may_be_shorter(steps, n_envs, episodes):
    config = planned(steps, n_envs)
    plan = Plan.of(config)
    assert plan.total_steps == steps and [env.episodes_per_session for env in plan.configs] == episodes
    assert plan.seeds == Plan.of(replace(config, steps=None, sessions=len(episodes))).seeds


@pytest.mark.parametrize(
    ("steps", "n_envs", "message"),
    [
        (10, 1, "steps is 10; allowed: whole episodes of env.steps_per_episode=4 steps, such as 8 or 12."),
        (3, 1, "such as 4."),
        (20, 3, "=4 steps in each of agent.n_envs=3 simulators, such as 12 or 24."),
    ],
)
def test_steps_that_are_no_whole_episodes_are_refused(steps, n_envs, message):
    config = planned(steps, n_envs)
    with pytest.raises(ConfigError) as caught:
        Plan.of(config)
    assert str(caught.value).endswith(message)
