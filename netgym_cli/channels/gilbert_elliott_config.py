"""The settings of a Gilbert-Elliott channel, for one copy and for many."""

from __future__ import annotations

from dataclasses import dataclass

from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.config.fields import one_of, ranged

STARTS = ("good", "stationary")


@dataclass
class GilbertElliottConfig(DeliveryConfig):
    """The keys of conf/channel/gilbert_elliott.yaml."""

    p_gb: float = ranged(0, 1)
    p_bg: float = ranged(0, 1)
    loss_good: float = ranged(0, 1)
    loss_bad: float = ranged(0, 1)
    delay_steps: int = ranged(0, 1_000_000)
    start: str = one_of(*STARTS)

    @property
    def begins_bad(self) -> float:
        """Probability that the first packet meets the bad state; a chain that never moves starts in the good one."""
        moves = self.p_gb + self.p_bg
        return self.p_gb / moves if self.start == "stationary" and moves > 0 else self.p_gb

    def parameters(self) -> dict[str, float]:
        """What `info` repeats of the config."""
        return {key: getattr(self, key) for key in ("p_gb", "p_bg", "loss_good", "loss_bad", "delay_steps")}
