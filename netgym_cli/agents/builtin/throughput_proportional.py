"""Packets over all links, in proportion to what each radio could carry for the user."""

from typing import Any

from netgym_cli.agents.links import max_rates
from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


class ThroughputProportional(Rule[AgentConfig]):
    """Weights in proportion to `max_rate`; knows nothing of load or delay."""

    config_schema = AgentConfig
    environments = ("nqos_split",)

    def decide(self, stats: Stats) -> Any:
        return self.adapter.action_for(max_rates(stats))
