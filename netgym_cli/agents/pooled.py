"""Layers that are the same for every user and see the mean over all users (after Zaheer et al., "Deep Sets", 2017).

Equal users get equal outputs, a permutation of the users permutes them, and the weights know no number of users.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from gymnasium import spaces
from torch import nn
from torch.nn import functional

MANY_ROWS = 1024  # users of all observations, from which on a product less for each counts


class PooledLayers(nn.Module):
    """Hidden layers; behind the first one stand each user's own features and their mean over the users.

    Args:
        inputs: features of a user.
        hidden: neurons of the layers; with none, the mean is that of the inputs.
        activation: between the layers.

    Attributes:
        outputs: features of a user behind the last layer.
    """

    def __init__(self, inputs: int, hidden: Sequence[int], activation: type[nn.Module]) -> None:
        super().__init__()
        first, rest = list(hidden[:1]), list(hidden[1:])
        self.own = _layers([inputs, *first], activation)
        self.outputs = 2 * [inputs, *first][-1]
        self.both = _layers([self.outputs, *rest], activation)
        self.outputs = [self.outputs, *rest][-1]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """From `(..., users, inputs)` to `(..., users, outputs)`."""
        own = self.own(features)
        mean = own.mean(-2, keepdim=True)
        if len(self.both) and own.shape[:-1].numel() >= MANY_ROWS:
            return self._mixed(own, mean)
        both: torch.Tensor = self.both(torch.cat([own, mean.expand_as(own)], -1))
        return both

    def _mixed(self, own: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
        """`both` of the two side by side, with the mean's products computed once instead of for every user.

        Sums are equal but for the last bits.
        """
        first, width = self.both[0], own.shape[-1]
        assert isinstance(first, nn.Linear)
        of_mean = functional.linear(mean, first.weight[:, width:], first.bias)
        mixed: torch.Tensor = self.both[1:](functional.linear(own, first.weight[:, :width]) + of_mean)
        return mixed


def _layers(sizes: Sequence[int], activation: type[nn.Module]) -> nn.Sequential:
    modules: list[nn.Module] = []
    for before, after in pairwise(sizes):
        modules += [nn.Linear(before, after), activation()]
    return nn.Sequential(*modules)


class Head(nn.Module):
    """From flat observations, feature by feature, to the outputs of all users, or to one output of their mean.

    Args:
        features: rows of an observation.
        hidden: neurons of the hidden layers.
        sizes: outputs that belong to each entry of a user's part of the action; None: one output for all.
        last: as for `arranged`.
        gain: of the output layer; a small one lets a policy begin in the middle of its actions.
    """

    def __init__(
        self, features: int, hidden: Sequence[int], sizes: Sequence[int] | None, last: bool, gain: float
    ) -> None:
        super().__init__()
        self.features, self.sizes, self.last = features, sizes, last
        self.layers = PooledLayers(features, hidden, nn.Tanh)
        self.output = nn.Linear(self.layers.outputs, 1 if sizes is None else sum(sizes))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.orthogonal_(module.weight, gain if module is self.output else math.sqrt(2))
                nn.init.zeros_(module.bias)

    def forward(self, flat: torch.Tensor) -> torch.Tensor:
        """From `(batch, features * users)` to `(batch, users * sum(sizes))`, or to `(batch, 1)`."""
        latent = self.layers(flat.reshape(len(flat), self.features, -1).transpose(-1, -2))
        outputs: torch.Tensor = self.output(latent.mean(-2) if self.sizes is None else latent)
        return outputs if self.sizes is None else arranged(outputs, self.sizes, self.last)

    def for_all(self, values: torch.Tensor, outputs: int) -> torch.Tensor:
        """A user's values, one per output, as those of all users' `outputs`."""
        assert self.sizes is not None
        return arranged(values.expand(outputs // len(values), -1), self.sizes, self.last)


def heads(
    features: int, hidden: Sequence[int], one: spaces.Box | spaces.MultiDiscrete, last: bool
) -> tuple[Head, Head, int]:
    """Actor and critic for users whose actions are in `one`, and the number of a user's outputs."""
    sizes = one.nvec.tolist() if isinstance(one, spaces.MultiDiscrete) else [1] * one.shape[0]
    return Head(features, hidden, sizes, last, 0.01), Head(features, hidden, None, last, 1.0), sum(sizes)


def arranged(outputs: torch.Tensor, sizes: Sequence[int], last: bool) -> torch.Tensor:
    """The outputs of all users in the order in which an action lists them.

    Args:
        outputs: shape `(..., users, sum(sizes))`.
        sizes: outputs that belong to each entry of a user's part of the action.
        last: whether the action lists entry by entry, each for all users, and not user by user.
    """
    if not last:
        return outputs.flatten(-2)
    return torch.cat([part.flatten(-2) for part in torch.split(outputs, list(sizes), -1)], -1)  # type: ignore[no-untyped-call]


def by_user(actions: torch.Tensor, entries: int, last: bool) -> torch.Tensor:
    """The inverse of `arranged` for numbers: from `(batch, users * entries)` to `(batch, users, entries)`."""
    if not last:
        return actions.reshape(len(actions), -1, entries)
    return actions.reshape(len(actions), entries, -1).transpose(-1, -2)
