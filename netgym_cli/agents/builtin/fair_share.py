"""Everybody sends at an equal share of the bottleneck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class FairShareConfig(AgentConfig):
    """Keys of conf/agent/fair_share.yaml."""

    load: float = ranged(above=0, high=2)


class FairShare(Rule[FairShareConfig]):
    """Knows the capacity from the config, as an operator would."""

    config_schema = FairShareConfig
    environments = ("custom",)

    def decide(self, stats: Stats) -> Any:
        env = self.adapter.config
        share = self.config.load * env.bottleneck_mbps / env.num_users / env.max_rate_mbps
        return np.full(env.num_users, min(share, 1.0), np.float32)
