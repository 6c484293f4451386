"""The replicas of a model on all nodes: one row of a matrix each, trained together but each from its own data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from netgym_cli.federation.optimizers import OPTIMIZERS, Optimizer, OptimizerKeys
from netgym_cli.federation.workload import Workload


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Inside it PyTorch computes on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Replicas:
    """N copies of a model that begin alike.

    The batches of node i in its k-th step come from `seed` and from (i, k) alone: neither from the strategy, nor from
    how often nodes talk, nor from the network.

    Args:
        workload: what is learnt.
        keys: of the optimiser of every node.
        batch_size: examples of a step of one node.
        seed: of this training; numbers that no other one has together.
        precision: float32 or float64.

    Attributes:
        weights: shape `(N, P)`.
        optimizer: of all nodes.
    """

    def __init__(
        self, workload: Workload[Any], keys: OptimizerKeys, batch_size: int, seed: tuple[int, ...], precision: str
    ) -> None:
        self.workload, self._keys, self._batch_size = workload, keys, batch_size
        nodes = len(workload.examples)
        initial = workload.initial(np.random.default_rng((*seed, 0)))
        self.weights = torch.tensor(initial, dtype=getattr(torch, precision)).repeat(nodes, 1)
        self._gradients = torch.zeros_like(self.weights)
        self._batches = [np.random.default_rng((*seed, 1, node)) for node in range(nodes)]
        self.optimizer: Optimizer
        self.new_optimizer()

    def new_optimizer(self) -> None:
        """Forgets what the optimisers have gathered."""
        self.optimizer = OPTIMIZERS[self._keys.optimizer](self._keys, self.weights)

    def local_steps(self, steps: int) -> torch.Tensor:
        """So many steps of every node; returns their losses, shape `(steps, N)`."""
        losses = []
        for draws in self._draws(steps):
            losses.append(self.workload.gradients(self.weights, draws, self._gradients))
            self.optimizer.step(self._gradients)
        return torch.stack(losses)

    def accumulated(self, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean gradients of so many batches at the weights that nodes have, shape `(N, P)`; and losses `(steps, N)`."""
        total, losses = torch.zeros_like(self.weights), []
        for draws in self._draws(steps):
            losses.append(self.workload.gradients(self.weights, draws, self._gradients))
            total += self._gradients
        return total / steps, torch.stack(losses)

    def mean(self, by_examples: bool = False) -> torch.Tensor:
        """Mean weights `(P,)` over the nodes, each counted once or `by_examples` as often as it has some."""
        if not by_examples:
            return self.weights.mean(0)
        shares = torch.tensor(self.workload.examples / self.workload.examples.sum(), dtype=self.weights.dtype)
        return (self.weights * shares.unsqueeze(1)).sum(0)

    def become(self, weights: torch.Tensor) -> None:
        """Gives all nodes the same weights, shape `(P,)`."""
        self.weights.copy_(weights.unsqueeze(0).expand_as(self.weights))

    def drift(self) -> float:
        """How far nodes are apart: mean distance to the mean weights, as a share of the length of these."""
        middle = self.weights.mean(0)
        length = float(middle.norm())
        return float((self.weights - middle).norm(dim=1).mean()) / length if length else 0.0

    def _draws(self, steps: int) -> np.ndarray:
        """What batches are drawn by: float64 of shape `(steps, N, B)`."""
        drawn = [generator.random((steps, self._batch_size)) for generator in self._batches]
        return np.stack(drawn, axis=1)
