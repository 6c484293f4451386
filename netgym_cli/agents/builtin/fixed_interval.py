"""Nodes talk after the same number of steps in every round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class FixedIntervalConfig(AgentConfig):
    """Keys of conf/agent/fixed_interval.yaml."""

    local_steps: float = ranged(1, 100_000)


class FixedInterval(Rule[FixedIntervalConfig]):
    """As the strategy's own schedule, but with a number of the agent's."""

    config_schema = FixedIntervalConfig
    environments = ("distributed_training",)

    def decide(self, stats: Stats) -> Any:
        return self.adapter.action_for(self.config.local_steps)
