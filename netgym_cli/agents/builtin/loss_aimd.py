"""Loss-based control in the manner of Google congestion control's loss controller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netgym_cli.agents.rate_rule import RateRule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.simulators.stats import Stats


@dataclass
class LossAimdConfig(AgentConfig):
    """See conf/agent/loss_aimd.yaml."""

    low_loss: float = ranged(0, 1)
    high_loss: float = ranged(0, 1)
    increase_factor: float = ranged(above=1)
    decrease_weight: float = ranged(above=0, high=1)

    def validate(self) -> None:
        super().validate()
        low, high = self.low_loss, self.high_loss
        require(low < high, "agent.low_loss", low, f"below high_loss, which is {high:g}")


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
