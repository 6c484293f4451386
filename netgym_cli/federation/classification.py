"""Workloads that classify examples with a multilayer perceptron; a subclass says which examples."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from omegaconf import MISSING

from netgym_cli.config.fields import ranged
from netgym_cli.federation.split import SplitConfig, split
from netgym_cli.federation.workload import Workload

if TYPE_CHECKING:
    import torch


@dataclass
class ClassificationConfig(SplitConfig):
    """Keys of workloads that classify."""

    hidden: list[int] = ranged(1, 10_000)
    name: str = MISSING


C = TypeVar("C", bound=ClassificationConfig)


class Examples(NamedTuple):
    """Inputs, float64 `(n, inputs)`, and labels, int64 `(n,)` from 0, to learn from and to judge by."""

    inputs: np.ndarray
    labels: np.ndarray
    validation_inputs: np.ndarray
    validation_labels: np.ndarray


class Classification(Workload[C]):
    """A multilayer perceptron, cross entropy, and batches drawn with replacement."""

    def __init__(self, config: C, nodes: int, generator: np.random.Generator, precision: str) -> None:
        import torch

        from netgym_cli.federation.mlp import Mlp

        self.config = config
        data = self.data()
        kind = getattr(torch, precision)
        self._inputs, self._labels = torch.tensor(data.inputs, dtype=kind), torch.tensor(data.labels)
        self._validation = torch.tensor(data.validation_inputs, dtype=kind), torch.tensor(data.validation_labels)
        self._model = Mlp([data.inputs.shape[1], *config.hidden, int(data.labels.max()) + 1])
        self.parameters = self._model.parameters
        self._places, empty = split(config, data.labels, nodes, generator)
        self.examples = np.array([len(places) for places in self._places])
        if empty:
            self.notes = (f"the split left {len(empty)} of {nodes} nodes without data; each got one example",)

    @abstractmethod
    def data(self) -> Examples:
        """All examples, the same in every session."""

    def initial(self, generator: np.random.Generator) -> np.ndarray:
        return self._model.initial(generator)

    def gradients(self, weights: torch.Tensor, draws: np.ndarray, into: torch.Tensor) -> torch.Tensor:
        import torch

        chosen = (draws * self.examples[:, None]).astype(np.int64)
        places = torch.from_numpy(np.stack([own[some] for own, some in zip(self._places, chosen, strict=True)]))
        return self._model.gradients(weights, self._inputs[places], self._labels[places], into)

    def evaluate(self, weights: torch.Tensor) -> tuple[float, float | None]:
        return self._model.evaluate(weights, *self._validation)
