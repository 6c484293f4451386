"""Every slice gets the groups that its load needs, who may wait least first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class SliceByLoadConfig(AgentConfig):
    """Keys of conf/agent/slice_by_load.yaml."""

    margin: float = ranged(above=0)


class SliceByLoad(Rule[SliceByLoadConfig]):
    """A slice needs offered rate / full-carrier rate of the carrier, times a margin.

    The slice with the tightest delay requirement takes what it needs, the next one takes from what is left, and so on.
    """

    config_schema = SliceByLoadConfig
    environments = ("network_slicing",)

    def decide(self, stats: Stats) -> Any:
        load, most = (
            self.adapter.feature(stats, name) for name in ("gma::dl::cell::tx_rate", "lte::dl::cell::max_rate")
        )
        need = self.config.margin * np.where(most > 0, load / np.maximum(most, 1e-9), 0.0)
        shares, left = np.zeros(len(need), np.float32), 1.0
        for tightest in np.argsort(self.adapter.config.per_slice_config.qos_delay_requirement_ms, kind="stable"):
            shares[tightest] = min(need[tightest], left)
            left -= shares[tightest]
        return np.clip(shares, 0, 1)
