"""Which environments a hand-written rule fits, by the names that it gives."""

import pytest

from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig
from netgym_cli.envs.agent_spec import AgentSpec
from tests.support.engine import run_config
from tests.support.toy import ToyAdapter


class ForLagoon(Rule[AgentConfig]):
    config_schema = AgentConfig
    environments = ("lagoon",)

    def decide(self, stats):
        return None


class ForLagoonEnv(ForLagoon):
    environments = ("lagoon_env",)


@pytest.mark.parametrize(
    ("rule", "module", "fits"),
    [
        (ForLagoon, "netgym_cli.envs.builtin.lagoon", True),
        (ForLagoon, "lagoon_env", True),
        (ForLagoonEnv, "lagoon_env", True),
        (ForLagoonEnv, "lagoon", False),
        (ForLagoon, "lagoon_of_mine", False),
    ],
)
def test_an_environment_is_named_by_its_module_and_its_env_may_be_left_out(rule, module, fits):
    adapter = type("Lagoon", (ToyAdapter,), {"__module__": module})(run_config("random").env)
    own_variant = type("Mine", (type(adapter),), {"__module__": "mine"})(adapter.config)
    refusal = None if fits else f"is a rule for {rule.environments[0]}"
    assert [rule.incompatibility(AgentSpec.of(env)) for env in (adapter, own_variant)] == [refusal] * 2
