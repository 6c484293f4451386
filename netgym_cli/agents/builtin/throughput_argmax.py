"""All of a user's packets over the link whose radio is fastest for it now."""

from typing import Any

from netgym_cli.agents.links import max_rates, one_link
from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


class ThroughputArgmax(Rule[AgentConfig]):
    """Takes the largest `max_rate`; knows nothing of load or delay."""

    config_schema = AgentConfig
    environments = ("nqos_split", "qos_steer")

    def decide(self, stats: Stats) -> Any:
        return self.adapter.action_for(one_link(max_rates(stats).argmax(axis=1)))
