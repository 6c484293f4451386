"""What an agent is told of an environment, and agents that were written when it was an adapter."""

from dataclasses import replace

from gymnasium import spaces

from netgym_cli.agents.base import Agent, agent_registry
from netgym_cli.config.schema import AgentConfig
from netgym_cli.envs.agent_spec import AgentSpec
from tests.support.engine import run_config
from tests.support.toy import ToyAdapter

TOY = AgentSpec.of(ToyAdapter(run_config("random").env))


def old_agent(base, **methods):
    """An agent as users wrote them before there was a spec."""
    return type("Old", (base,), {"config_schema": AgentConfig, "act": lambda self, observation, info: None, **methods})


def test_agents_that_have_refuses_and_read_an_adapter_still_work(caplog):
    def refuses(cls, adapter):
        return super(old, cls).refuses(adapter) or f"needs more than {adapter.observation_space.shape}"

    old = old_agent(Agent, refuses=classmethod(refuses))
    window = replace(TOY, observation_space=spaces.Box(0, 1, (4,)))
    assert old.incompatibility(window) == "needs more than (4,)"
    assert type("Older", (old,), {}).incompatibility(window) == "needs more than (4,)"
    own = {"incompatibility": classmethod(lambda cls, spec: super(newer, cls).incompatibility(spec) + "!")}
    newer = type("Newer", (old,), own)
    assert newer.incompatibility(window) == "needs more than (4,)!"
    told = [record.message for record in caplog.records]
    assert told == ["agent Old has refuses(adapter); write incompatibility(spec) instead."]
    rule = old_agent(agent_registry.load("queue_balancer"), refuses=classmethod(lambda cls, adapter: None))
    assert rule.incompatibility(TOY) is None
    assert "is a rule for" in agent_registry.load("queue_balancer").refuses(TOY.adapter)
    caplog.clear()
    assert [TOY.has_default for _ in range(2)] == [TOY.adapter.has_default] * 2
    assert ["spec.adapter.has_default" in record.message for record in caplog.records] == [True]
    assert not hasattr(TOY, "no_such_thing")
