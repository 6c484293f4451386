"""Optimisers whose state has a row per node, so that one call is a step of all replicas."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import torch

MOMENTUM = 0.9
MEAN_DECAY, SQUARE_DECAY, LEAST = 0.9, 0.999, 1e-8  # PyTorch's defaults of AdamW


class OptimizerKeys(Protocol):
    """What an optimiser needs to know.

    Attributes:
        optimizer: a name in `OPTIMIZERS`.
        lr: step size.
        weight_decay: share of the weights, times `lr`, that each step takes away.
        max_norm: longest gradient of a node; longer ones are scaled to it; None: any length.
    """

    optimizer: str
    lr: float
    weight_decay: float
    max_norm: float | None


class Optimizer(ABC):
    """Steps of all replicas.

    Args:
        keys: see `OptimizerKeys`.
        weights: shape `(N, P)`, changed by every step.
    """

    def __init__(self, keys: OptimizerKeys, weights: torch.Tensor) -> None:
        self.keys, self.weights = keys, weights

    def step(self, gradients: torch.Tensor) -> None:
        """One step of every replica along its gradient, shape `(N, P)`, which may be changed."""
        if self.keys.max_norm is not None:
            lengths = gradients.norm(dim=1, keepdim=True)
            gradients.mul_((self.keys.max_norm / (lengths + 1e-6)).clamp_(max=1.0))
        if self.keys.weight_decay:
            self.weights.mul_(1 - self.keys.lr * self.keys.weight_decay)
        self.apply(gradients)

    @abstractmethod
    def apply(self, gradients: torch.Tensor) -> None:
        """The step itself."""


class Sgd(Optimizer):
    """Plain stochastic gradient descent."""

    def apply(self, gradients: torch.Tensor) -> None:
        self.weights.add_(gradients, alpha=-self.keys.lr)


class Momentum(Optimizer):
    """SGD with momentum 0.9, as PyTorch's without dampening."""

    def __init__(self, keys: OptimizerKeys, weights: torch.Tensor) -> None:
        super().__init__(keys, weights)
        self._velocity = torch.zeros_like(weights)

    def apply(self, gradients: torch.Tensor) -> None:
        self.weights.add_(self._velocity.mul_(MOMENTUM).add_(gradients), alpha=-self.keys.lr)


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), with PyTorch's defaults."""

    def __init__(self, keys: OptimizerKeys, weights: torch.Tensor) -> None:
        super().__init__(keys, weights)
        self._mean, self._square, self._steps = torch.zeros_like(weights), torch.zeros_like(weights), 0

    def apply(self, gradients: torch.Tensor) -> None:
        self._steps += 1
        self._mean.lerp_(gradients, 1 - MEAN_DECAY)
        self._square.mul_(SQUARE_DECAY).addcmul_(gradients, gradients, value=1 - SQUARE_DECAY)
        scale = (self._square / (1 - SQUARE_DECAY**self._steps)).sqrt_().add_(LEAST)
        self.weights.addcdiv_(self._mean, scale, value=-self.keys.lr / (1 - MEAN_DECAY**self._steps))


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": Sgd, "momentum": Momentum, "adamw": AdamW}
