"""A federation of nodes: trainings from new weights, round by round, and how good the model is after each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from netgym_cli.federation.replicas import Replicas, threads
from netgym_cli.federation.strategy import Strategy
from netgym_cli.federation.workload import Workload

DIVERGED_LOSS = 1e9  # stands for a loss that is no number


@dataclass(frozen=True)
class Progress:
    """How a training stands.

    Attributes:
        loss, accuracy: of the model that all nodes agree on, on data that no node has; accuracy None: not measured.
        local_loss: of node 0's own model, before the exchange.
        train_loss: mean over nodes and steps of the round, before each step.
        drift: how far nodes were apart before the exchange; see `Replicas.drift`.
        diverged: whether a loss is no number; it is `DIVERGED_LOSS` then.
    """

    loss: float
    accuracy: float | None
    local_loss: float
    train_loss: float
    drift: float
    diverged: bool


class Federation:
    """Nodes with their data, which stay for a session.

    Args:
        workload: what is learnt.
        strategy: what is exchanged.
        batch_size: examples of a step of one node.
        seed: of the session.
        precision: float32 or float64.
        torch_threads: on which PyTorch computes.
    """

    def __init__(
        self,
        workload: Workload[Any],
        strategy: Strategy[Any],
        batch_size: int,
        seed: tuple[int, ...],
        precision: str,
        torch_threads: int,
    ) -> None:
        self.workload, self.strategy = workload, strategy
        self._batch_size, self._seed, self._precision, self._threads = batch_size, seed, precision, torch_threads

    def begin(self, episode: int) -> Progress:
        """Begins a training with the weights and batches of this index."""
        with threads(self._threads), torch.no_grad():
            seed = (*self._seed, episode)
            self.replicas = Replicas(self.workload, self.strategy.config, self._batch_size, seed, self._precision)
            self.strategy.begin(self.replicas)
            loss, accuracy = self._evaluated(self.replicas.weights[0])
            return self._progress(loss, accuracy, loss, loss, 0.0)

    def round(self, steps: int) -> Progress:
        """So many steps of every node, and the exchange."""
        with threads(self._threads), torch.no_grad():
            losses = self.strategy.compute(self.replicas, steps)
            drift, local = self.replicas.drift(), self._evaluated(self.replicas.weights[0])[0]
            self.strategy.exchange(self.replicas)
            loss, accuracy = self._evaluated(self.replicas.mean())
            return self._progress(loss, accuracy, local, float(losses.mean()), drift)

    def _evaluated(self, weights: torch.Tensor) -> tuple[float, float | None]:
        return self.workload.evaluate(weights)

    @staticmethod
    def _progress(loss: float, accuracy: float | None, local: float, train: float, drift: float) -> Progress:
        figures = [loss, local, train, drift]
        finite = [value if math.isfinite(value) else DIVERGED_LOSS for value in figures]
        loss, local, train, drift = (min(value, DIVERGED_LOSS) for value in finite)
        return Progress(loss, accuracy, local, train, drift, not all(map(math.isfinite, figures)))
