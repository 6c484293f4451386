"""What nodes learn: the `Workload` interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
from omegaconf import MISSING

from netgym_cli.common.contracts import Part, record
from netgym_cli.common.registry import Registry
from netgym_cli.config.fields import check_fields

if TYPE_CHECKING:
    import torch

PRECISIONS = ("float32", "float64")


@dataclass
class WorkloadConfig:
    """Keys that every workload has."""

    name: str = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        check_fields(self, "env.workload")


C = TypeVar("C", bound=WorkloadConfig)


class Workload(ABC, Generic[C]):
    """A model, its data, and the gradients of many replicas at once.

    Args:
        config: its keys.
        nodes: number of nodes N.
        generator: draws what a session has of its own, such as the split of the data.
        precision: float32 or float64, of all tensors.

    Attributes:
        config_schema: the dataclass of the workload's YAML file.
        measures_accuracy: whether there is an accuracy.
        parameters: number of parameters P.
        examples: for each node how many examples it has, int64 of shape `(N,)`.
        notes: what to know of the data that were drawn.
    """

    member_contract: ClassVar[dict[str, Part]] = {
        "config_schema": Part(
            record,
            "`config_schema = MyConfig`, a @dataclass that extends netgym_cli.federation.workload.WorkloadConfig",
        ),
    }
    config_schema: ClassVar[type[WorkloadConfig]]
    measures_accuracy: ClassVar[bool] = True
    parameters: int
    examples: np.ndarray
    notes: tuple[str, ...] = ()

    @abstractmethod
    def __init__(self, config: C, nodes: int, generator: np.random.Generator, precision: str) -> None: ...

    @abstractmethod
    def initial(self, generator: np.random.Generator) -> np.ndarray:
        """Parameters to begin a training with: float64 of shape `(P,)`."""

    @abstractmethod
    def gradients(self, weights: torch.Tensor, draws: np.ndarray, into: torch.Tensor) -> torch.Tensor:
        """Gradients of the loss of every replica on a batch of its own data, and the losses, of shape `(N,)`.

        What node i gets does not depend, to the bit, on how many other nodes there are.

        Args:
            weights: shape `(N, P)`.
            draws: float64 in [0, 1) of shape `(N, B)`, from which each node takes its batch of B examples.
            into: takes the gradients, shape `(N, P)`.
        """

    @abstractmethod
    def evaluate(self, weights: torch.Tensor) -> tuple[float, float | None]:
        """Loss and accuracy, 0 to 1 or None, of one model of shape `(P,)` on data that no node has."""


workload_registry: Registry[Workload[Any]] = Registry("workload", "netgym_cli.federation.workloads", Workload)
