"""Groups move to the slice that suffers, a share at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class SliceByDelayConfig(AgentConfig):
    """Keys of conf/agent/slice_by_delay.yaml."""

    step: float = ranged(above=0, high=1)
    min_share: float = ranged(0, below=0.5)


class SliceByDelay(Rule[SliceByDelayConfig]):
    """From equal shares on, moves `step` from the slice with most slack to the one with least.

    Slack is how far the mean one-way delay is below the slice's requirement, as a fraction of it.
    """

    config_schema = SliceByDelayConfig
    environments = ("network_slicing",)

    def forget(self) -> None:
        self._shares: np.ndarray | None = None

    def decide(self, stats: Stats) -> Any:
        delay = self.adapter.feature(stats, "gma::dl::cell::owd")
        if self._shares is None:
            self._shares = np.full(len(delay), 1 / len(delay))
        requirement = np.array(self.adapter.config.per_slice_config.qos_delay_requirement_ms)
        strain = delay / np.maximum(requirement, 1e-9)
        worst, best = int(strain.argmax()), int(strain.argmin())
        moved = min(self.config.step, max(self._shares[best] - self.config.min_share, 0.0))
        if worst != best:
            self._shares[worst] += moved
            self._shares[best] -= moved
        return np.clip(self._shares, 0, 1).astype(np.float32)
