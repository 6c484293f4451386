"""Layers that are the same for every user and see the mean over all users (after Zaheer et al., "Deep Sets", 2017).

Equal users get equal outputs, a permutation of the users permutes them, and the weights know no number of users.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


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
        mean = own.mean(-2, keepdim=True).expand_as(own)
        both: torch.Tensor = self.both(torch.cat([own, mean], -1))
        return both


def _layers(sizes: Sequence[int], activation: type[nn.Module]) -> nn.Sequential:
    modules: list[nn.Module] = []
    for before, after in pairwise(sizes):
        modules += [nn.Linear(before, after), activation()]
    return nn.Sequential(*modules)


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
