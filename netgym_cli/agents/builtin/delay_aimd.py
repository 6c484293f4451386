"""Additive increase, multiplicative decrease on queuing delay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netgym_cli.agents.rate_rule import RateRule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class DelayAimdConfig(AgentConfig):
    """See conf/agent/delay_aimd.yaml."""

    threshold_ms: float = ranged(above=0)
    loss_threshold: float = ranged(0, 1)
    increase_kbps: float = ranged(above=0)
    decrease_factor: float = ranged(above=0, below=1)


class DelayAimd(RateRule[DelayAimdConfig]):
    """Adds a little while the queue is short; falls below what was received when it is not, or after many losses."""

    config_schema = DelayAimdConfig

    def next_rates_kbps(self, rates_kbps: np.ndarray, stats: Stats) -> np.ndarray:
        congested = (stats["rmcat::qdel"] > self.config.threshold_ms) | (
            stats["rmcat::plr"] > self.config.loss_threshold
        )
        lower = self.config.decrease_factor * np.minimum(rates_kbps, stats["rmcat::rrate"])
        return np.where(congested, lower, rates_kbps + self.config.increase_kbps)
