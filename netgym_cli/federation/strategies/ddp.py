"""Distributed data parallel: nodes exchange gradients, and take the same step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netgym_cli.federation.strategy import Strategy, StrategyConfig

if TYPE_CHECKING:
    import torch

    from netgym_cli.federation.replicas import Replicas


class Ddp(Strategy[StrategyConfig]):
    """The mean of all gradients of `local_steps` batches at the same weights, then one step (gradient accumulation)."""

    config_schema = StrategyConfig

    def compute(self, replicas: Replicas, steps: int) -> torch.Tensor:
        self._gradients, losses = replicas.accumulated(steps)
        return losses

    def exchange(self, replicas: Replicas) -> None:
        mean = self._gradients.mean(0, keepdim=True)
        replicas.optimizer.step(mean.expand_as(replicas.weights).contiguous())
