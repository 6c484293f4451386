"""How long nodes compute, in virtual time: a number or a draw, never the clock of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.config.effect import read_unless
from netgym_cli.config.fields import ranged
from netgym_cli.config.ranges import drawn, drawn_from


@dataclass
class ComputeKeys:
    """Keys under `env.compute`."""

    step_ms: Any = drawn_from(0, 1e9)
    sigma: float = ranged(0, 3)
    stragglers: float = ranged(0, 1)
    slowdown: float = read_unless("compute.stragglers", 0, of=ranged(1, 1e6))


class Speeds:
    """The speeds of a session's nodes, and durations of their steps.

    Args:
        keys: see conf/env/distributed_training.yaml.
        nodes: how many.
        generator: draws what a session has of its own: the speed of each node, and which ones are slow.

    Attributes:
        step_s: mean duration of a step of each node, s.
    """

    def __init__(self, keys: ComputeKeys, nodes: int, generator: np.random.Generator) -> None:
        uniform, order = generator.random(nodes).tolist(), generator.permutation(nodes)
        step_ms = np.array([drawn(keys.step_ms, number) for number in uniform])
        step_ms[order[: round(keys.stragglers * nodes)]] *= keys.slowdown
        self.step_s, self._sigma = step_ms / 1e3, keys.sigma

    def begin(self, seed: tuple[int, ...]) -> None:
        """A training begins, with this seed."""
        self._generators = [np.random.default_rng((*seed, 2, node)) for node in range(len(self.step_s))]

    def durations_s(self, steps: int) -> np.ndarray:
        """How long each node takes for so many steps, of shape `(N,)`: lognormal factors of mean 1, or none."""
        if not self._sigma:
            return np.asarray(self.step_s * steps)
        mean = -(self._sigma**2) / 2
        factors = [generator.lognormal(mean, self._sigma, steps).sum() for generator in self._generators]
        return np.asarray(self.step_s * np.array(factors))
