"""Sending a little more than arrives while the queue is short, and less while it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from omegaconf import MISSING

from netgym_cli.agents.rate_rule import RateRule
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.simulators.stats import Stats


@dataclass
class RateMatchingConfig(AgentConfig):
    """See conf/agent/rate_matching.yaml."""

    threshold_ms: float = MISSING
    probe_factor: float = MISSING
    drain_factor: float = MISSING
    memory: float = MISSING

    def validate(self) -> None:
        super().validate()
        require(self.threshold_ms > 0, "agent.threshold_ms", self.threshold_ms, "above 0, ms")
        require(self.probe_factor > 1, "agent.probe_factor", self.probe_factor, "above 1")
        require(0 < self.drain_factor < 1, "agent.drain_factor", self.drain_factor, "between 0 and 1")
        require(0 <= self.memory < 1, "agent.memory", self.memory, "0 or more, below 1")


class RateMatching(RateRule[RateMatchingConfig]):
    """Follows the smoothed received rate, which is the flow's share of the bottleneck as soon as a queue stands."""

    config_schema = RateMatchingConfig

    def forget(self) -> None:
        super().forget()
        self._received_kbps: np.ndarray | None = None

    def next_rates_kbps(self, rates_kbps: np.ndarray, stats: Stats) -> np.ndarray:
        last = stats["rmcat::rrate"]
        before = last if self._received_kbps is None else self._received_kbps
        self._received_kbps = self.config.memory * before + (1 - self.config.memory) * last
        queued = stats["rmcat::qdel"] > self.config.threshold_ms
        return self._received_kbps * np.where(queued, self.config.drain_factor, self.config.probe_factor)
