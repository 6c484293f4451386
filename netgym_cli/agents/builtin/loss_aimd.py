"""Loss-based control in the manner of Google congestion control's loss controller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from omegaconf import MISSING

from netgym_cli.agents.rate_rule import RateRule
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.simulators.stats import Stats


@dataclass
class LossAimdConfig(AgentConfig):
    """See conf/agent/loss_aimd.yaml."""

    low_loss: float = MISSING
    high_loss: float = MISSING
    increase_factor: float = MISSING
    decrease_weight: float = MISSING

    def validate(self) -> None:
        super().validate()
        low, high = self.low_loss, self.high_loss
        require(0 <= low < high <= 1, "agent.low_loss", low, f"0 or more and below high_loss, which is {high:g}")
        require(self.increase_factor > 1, "agent.increase_factor", self.increase_factor, "above 1")
        require(0 < self.decrease_weight <= 1, "agent.decrease_weight", self.decrease_weight, "above 0, at most 1")


class LossAimd(RateRule[LossAimdConfig]):
    """Grows by a factor below a low loss, shrinks with the loss above a high one, else stays; blind to delay.

    Source: Carlucci et al., Analysis and Design of the Google Congestion Control for WebRTC, MMSys 2016, section 3.
    """

    config_schema = LossAimdConfig

    def next_rates_kbps(self, rates_kbps: np.ndarray, stats: Stats) -> np.ndarray:
        loss = stats["rmcat::plr"]
        higher = self.config.increase_factor * rates_kbps
        lower = (1 - self.config.decrease_weight * loss) * rates_kbps
        return np.where(loss < self.config.low_loss, higher, np.where(loss > self.config.high_loss, lower, rates_kbps))
