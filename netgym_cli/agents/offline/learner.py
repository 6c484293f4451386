"""The interface of an offline algorithm: gradient updates of the networks of an SB3 model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor
from torch.optim import Optimizer

Losses = Mapping[str, Tensor]


class Learner(ABC):
    """An algorithm that updates a model.

    Attributes:
        model: the SB3 algorithm whose policy learns; it is saved, and acts in evaluations.
    """

    def __init__(self, model: BaseAlgorithm) -> None:
        self.model = model

    def begin(self, actions: Tensor) -> None:  # noqa: B027 - most start from random networks
        """Before the first update: all of the dataset's actions, `(steps, ...)`, in the scale of the model's."""

    def state(self) -> dict[str, Any]:
        """What it keeps besides the model, as plain values and arrays."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - most keep nothing
        """Takes what `state` told."""

    @abstractmethod
    def update(self, batch: ReplayBufferSamples) -> Losses:
        """One gradient update; the losses are detached scalars, always under the same names."""

    @property
    @abstractmethod
    def optimizers(self) -> Sequence[Optimizer]:
        """The optimizers that follow the schedule of the learning rate."""


def gradient_step(optimizer: Optimizer, loss: Tensor) -> None:
    """One step of `optimizer` down `loss`."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def partial_gradient_step(optimizer: Optimizer, loss: Tensor, inputs: Sequence[Tensor]) -> None:
    """The same with the gradient of `inputs` only: an actor's loss passes through a critic that it must not change."""
    optimizer.zero_grad()
    for parameter, gradient in zip(inputs, torch.autograd.grad(loss, inputs), strict=True):
        parameter.grad = gradient
    optimizer.step()


class TargetNetwork:
    """A target network that moves by the share `tau` towards its source at every `step`."""

    def __init__(self, source: torch.nn.Module, target: torch.nn.Module, tau: float) -> None:
        self._source: list[Any] = list(source.parameters())
        self._target: list[Any] = list(target.parameters())
        self._tau = tau

    def step(self) -> None:
        """Moves the target once."""
        with torch.no_grad():
            torch._foreach_lerp_(self._target, self._source, self._tau)
