"""The layers of cleanrl_ppo's actor and critic, apart from it so that its file is about the algorithm."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any


def layers(sizes: list[int], last_gain: float) -> Any:
    """Tanh layers with orthogonal weights; a small last gain lets a policy begin in the middle of its actions."""
    from torch import nn

    modules: list[Any] = []
    for before, after in pairwise(sizes):
        modules += [nn.Linear(before, after), nn.Tanh()]
        nn.init.orthogonal_(modules[-2].weight, math.sqrt(2))
        nn.init.zeros_(modules[-2].bias)
    nn.init.orthogonal_(modules[-2].weight, last_gain)
    return nn.Sequential(*modules[:-1])
