"""DiLoCo: federated averaging whose mean change is a gradient for an outer optimiser (Douillard et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omegaconf import MISSING

from netgym_cli.config.fields import ranged
from netgym_cli.federation.strategy import Strategy, StrategyConfig

if TYPE_CHECKING:
    from netgym_cli.federation.replicas import Replicas


@dataclass
class DilocoConfig(StrategyConfig):
    """Keys of conf/env/strategy/diloco.yaml."""

    outer_lr: float = ranged(above=0)
    outer_momentum: float = ranged(0, below=1)
    nesterov: bool = MISSING


class Diloco(Strategy[DilocoConfig]):
    """With theta the last common weights: D = theta - mean, v <- momentum v + D, theta <- theta - lr (D + momentum v).

    Without Nesterov's momentum the last step is theta - lr v. Every node does it alike, so nothing else is sent.
    """

    config_schema = DilocoConfig

    def begin(self, replicas: Replicas) -> None:
        self._common = replicas.weights[0].clone()
        self._velocity = self._common * 0

    def exchange(self, replicas: Replicas) -> None:
        config = self.config
        change = self._common - replicas.mean()
        self._velocity.mul_(config.outer_momentum).add_(change)
        step = change + config.outer_momentum * self._velocity if config.nesterov else self._velocity
        self._common = self._common - config.outer_lr * step
        replicas.become(self._common)
