"""Additive increase, multiplicative decrease on queuing delay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from omegaconf import MISSING

from netgym_cli.agents.rate_rule import RateRule
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.simulators.stats import Stats


@dataclass
class DelayAimdConfig(AgentConfig):
    """See conf/agent/delay_aimd.yaml."""

    threshold_ms: float = MISSING
    loss_threshold: float = MISSING
    increase_kbps: float = MISSING
    decrease_factor: float = MISSING

    def validate(self) -> None:
        super().validate()
        require(self.threshold_ms > 0, "agent.threshold_ms", self.threshold_ms, "above 0, ms")
        require(0 <= self.loss_threshold <= 1, "agent.loss_threshold", self.loss_threshold, "0 to 1")
        require(self.increase_kbps > 0, "agent.increase_kbps", self.increase_kbps, "above 0, kbit/s per step")
        good = 0 < self.decrease_factor < 1
        require(good, "agent.decrease_factor", self.decrease_factor, "between 0 and 1")


class DelayAimd(RateRule[DelayAimdConfig]):
    """Adds a little while the queue is short; falls below what was received when it is not, or after many losses."""

    config_schema = DelayAimdConfig

    def next_rates_kbps(self, rates_kbps: np.ndarray, stats: Stats) -> np.ndarray:
        congested = (stats["rmcat::qdel"] > self.config.threshold_ms) | (
            stats["rmcat::plr"] > self.config.loss_threshold
        )
        lower = self.config.decrease_factor * np.minimum(rates_kbps, stats["rmcat::rrate"])
        return np.where(congested, lower, rates_kbps + self.config.increase_kbps)
