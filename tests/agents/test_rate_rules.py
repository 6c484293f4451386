from functools import cache, partial

import numpy as np
import pytest

from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.rule import Rule
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import typed
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.make import make_env
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from tests.support.engine import agent_yaml

RULES = [
    name
    for name in agent_registry.names()
    if issubclass(kind := agent_registry.load(name), Rule) and "rmcat" in kind.environments
]


def mean_reward(name):
    """What an agent earns in a step of one episode."""
    kind = agent_registry.load(name)
    config = typed(kind.config_schema, agent_yaml(name), "agent")
    config.validate()
    agent = kind(config)
    env = make_env("rmcat", seed=1, steps_per_episode=1000, episodes_per_session=1)
    slot = SequentialSessions(env, Plan([env.config], [1]))
    agent.begin(slot, 1)
    observation, info = slot.reset()
    rewards, over = [], False
    while not over:
        observation, reward, _, over, info = slot.step(agent.act(observation, info))
        rewards.append(reward)
    return np.mean(rewards)


by_chance = cache(partial(mean_reward, "random"))


@pytest.mark.ns3
@pytest.mark.parametrize("name", RULES)
def test_rules_beat_chance_and_repeat_themselves(name):
    first = mean_reward(name)
    assert first == mean_reward(name)
    assert first > by_chance() + 0.1


@pytest.mark.parametrize("name", RULES)
def test_a_rule_tells_where_it_acts(name):
    kind = agent_registry.load(name)
    assert kind.incompatibility(AgentSpec.of(make_env("rmcat_lte").adapter)) is None
    assert "rmcat" in kind.incompatibility(AgentSpec.of(make_env("nqos_split").adapter))


def test_three_rules_are_found():
    assert {"delay_aimd", "loss_aimd", "rate_matching"} <= set(RULES)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("delay_aimd", "threshold_ms", 0), ("delay_aimd", "increase_kbps", 0), ("delay_aimd", "decrease_factor", 1),
        ("delay_aimd", "loss_threshold", 2), ("loss_aimd", "low_loss", 0.2), ("loss_aimd", "increase_factor", 1),
        ("loss_aimd", "decrease_weight", 0), ("rate_matching", "probe_factor", 1),
        ("rate_matching", "drain_factor", 1), ("rate_matching", "memory", 1), ("rate_matching", "threshold_ms", 0),
    ],
)  # fmt: skip
def test_a_rule_with_a_bad_parameter_is_refused(name, key, value):
    config = typed(agent_registry.load(name).config_schema, {**agent_yaml(name), key: value}, "agent")
    with pytest.raises(ConfigError, match=f"agent.{key} is {value}"):
        config.validate()
