"""Every slice gets the groups that its load needs, and what is left in proportion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import MISSING

from netgym_cli.agents._rule import Rule
from netgym_cli.config import AgentConfig, require
from netgym_cli.simulators import Stats


@dataclass
class SliceByLoadConfig(AgentConfig):
    """Keys of conf/agent/slice_by_load.yaml."""

    margin: float = MISSING

    def validate(self) -> None:
        super().validate()
        require(self.margin > 0, "agent.margin", self.margin, "above 0")


class SliceByLoad(Rule[SliceByLoadConfig]):
    """A slice needs offered rate / full-carrier rate of the carrier, times a margin. Too much is scaled down."""

    config_schema = SliceByLoadConfig
    environments = ("network_slicing",)

    def decide(self, stats: Stats) -> Any:
        load, most = (
            self.adapter.feature(stats, name) for name in ("gma::dl::cell::tx_rate", "lte::dl::cell::max_rate")
        )
        need = self.config.margin * np.where(most > 0, load / np.maximum(most, 1e-9), 0.0)
        return np.asarray(need / max(need.sum(), 1.0), np.float32)
