"""The benchmark of service: every cell awake at the highest transmit power, all the time."""

from typing import Any

from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


class AlwaysOn(Rule[AgentConfig]):
    """Orders the highest level for every cell."""

    config_schema = AgentConfig
    environments = ("energy_saving",)

    def decide(self, stats: Stats) -> Any:
        return self.adapter.action_space.nvec - 1
