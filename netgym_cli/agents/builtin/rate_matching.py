"""Sending a little more than arrives while the queue is short, and less while it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netgym_cli.agents.rate_rule import RateRule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class RateMatchingConfig(AgentConfig):
    """See conf/agent/rate_matching.yaml."""

    threshold_ms: float = ranged(above=0)
    probe_factor: float = ranged(above=1)
    drain_factor: float = ranged(above=0, below=1)
    memory: float = ranged(0, below=1)


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
