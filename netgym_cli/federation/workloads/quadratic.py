"""Quadratic losses with a minimum of each node's own: the drift between nodes can be computed exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from omegaconf import MISSING

from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import require
from netgym_cli.federation.workload import Workload, WorkloadConfig

if TYPE_CHECKING:
    import torch


@dataclass
class QuadraticConfig(WorkloadConfig):
    """Keys of conf/env/workload/quadratic.yaml."""

    dimensions: int = ranged(1, 1_000_000)
    least_curvature: float = ranged(above=0, high=1e6)
    most_curvature: float = ranged(above=0, high=1e6)
    spread: float = ranged(0, 1e6)
    name: str = MISSING

    def validate(self) -> None:
        super().validate()
        most = self.most_curvature
        require(
            self.least_curvature <= most,
            "env.workload.least_curvature",
            self.least_curvature,
            f"at most most_curvature, which is {most:g}",
        )


class Quadratic(Workload[QuadraticConfig]):
    """Node i has f_i(x) = sum of a_ij (x_j - b_ij)^2 / 2 over the dimensions j; the loss is the mean over the nodes.

    Attributes:
        curvatures, minima: a and b, of shape `(N, dimensions)`; a uniform in the range of the config, b normal.
    """

    config_schema = QuadraticConfig
    measures_accuracy: ClassVar[bool] = False

    def __init__(self, config: QuadraticConfig, nodes: int, generator: np.random.Generator, precision: str) -> None:
        import torch

        self.config, self.parameters = config, config.dimensions
        shape = nodes, config.dimensions
        kind = getattr(torch, precision)
        bounds = config.least_curvature, config.most_curvature
        self.curvatures = torch.tensor(generator.uniform(*bounds, shape), dtype=kind)
        self.minima = torch.tensor(config.spread * generator.standard_normal(shape), dtype=kind)
        self.examples = np.ones(nodes, np.int64)

    def initial(self, generator: np.random.Generator) -> np.ndarray:
        return generator.standard_normal(self.parameters)

    def gradients(self, weights: torch.Tensor, draws: np.ndarray, into: torch.Tensor) -> torch.Tensor:
        """Exact ones: there are no examples to draw."""
        away = weights - self.minima
        into.copy_(self.curvatures * away)
        return (into * away).sum(1) / 2

    def evaluate(self, weights: torch.Tensor) -> tuple[float, float | None]:
        away = weights - self.minima
        return float((self.curvatures * away * away).sum(1).mean() / 2), None
