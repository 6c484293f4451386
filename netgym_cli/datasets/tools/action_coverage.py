"""Which actions a dataset holds: per dimension of a Box its quantiles and how much of its range was visited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.envs.actions import edges, holds_whole_numbers

BINS = 20
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
CHOICES = 1000  # more choices of one kind are not counted one by one


@dataclass(frozen=True)
class Range:
    """Values of one dimension of a Box.

    Attributes:
        name: its index and, if known, its label.
        quantiles: the values below which 0, 5, 50, 95 and 100 % of the steps lie.
        visited: share of 20 equal bins over [low, high] that hold a step, of whole numbers as many bins as there are
            numbers if these are fewer; None without finite bounds.
    """

    name: str
    quantiles: tuple[float, ...]
    visited: float | None


@dataclass(frozen=True)
class Choices:
    """How often each choice of a Discrete, MultiDiscrete or MultiBinary was taken: choice to number of steps."""

    name: str
    counts: dict[int, int]


def coverage(space: spaces.Space[Any], actions: Sequence[Any], labels: Sequence[str] = ()) -> list[Range | Choices]:
    """The coverage of every dimension of `space`, in C order.

    Args:
        space: the action space.
        actions: actions of episodes, each an array of shape `(T, ...)` or a dict or tuple of such.
        labels: what each entry along the action's last axis is; empty if unknown.
    """
    return list(_parts(space, actions, labels, ""))


def _parts(space: spaces.Space[Any], actions: Sequence[Any], labels: Sequence[str], prefix: str) -> Iterator[Any]:
    if isinstance(space, spaces.Dict | spaces.Tuple):
        inner = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        for key, part in inner:
            yield from _parts(part, [episode[key] for episode in actions], (), f"{prefix}{key} ")
    elif isinstance(space, spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary):
        values = np.concatenate([np.asarray(episode).reshape(len(episode), -1) for episode in actions])
        for k, name in enumerate(_names(space.shape or (), labels, prefix)):
            if isinstance(space, spaces.Box):
                low, high = (float(bound.flat[k]) for bound in edges(space))
                bins = int(min(BINS, high - low)) if holds_whole_numbers(space) else BINS
                column = values[:, k].astype(np.uint8) if values.dtype == np.bool_ else values[:, k]
                yield _range(name, column, low, high, bins)
            else:
                yield _choices(name, values[:, k], *_first_and_number(space, k))


def _names(shape: tuple[int, ...], labels: Sequence[str], prefix: str) -> Iterator[str]:
    if not shape:
        yield f"{prefix}{labels[0] if labels else 'action'}"
        return
    for index in np.ndindex(*shape):
        label = labels[index[-1]] if len(labels) == shape[-1] else labels[0] if len(labels) == 1 else ""
        yield f"{prefix}{','.join(map(str, index))} {label}".rstrip()


def _range(name: str, values: np.ndarray, low: float, high: float, count: int) -> Range:
    visited = None
    if np.isfinite(low) and np.isfinite(high) and high > low:
        bins = np.floor((values.astype(np.float64) - low) / (high - low) * count)
        bins = bins[np.isfinite(bins)].clip(0, count - 1).astype(np.int64)
        visited = float(np.count_nonzero(np.bincount(bins, minlength=count)) / count)
    return Range(name, tuple(float(value) for value in np.quantile(values, QUANTILES)), visited)


def _first_and_number(space: spaces.Space[Any], k: int) -> tuple[int, int]:
    if isinstance(space, spaces.Discrete):
        return int(space.start), int(space.n)
    if isinstance(space, spaces.MultiDiscrete):
        return int(space.start.flat[k]), int(space.nvec.flat[k])
    return 0, 2


def _choices(name: str, values: np.ndarray, first: int, number: int) -> Choices:
    counts = dict.fromkeys(range(first, first + min(number, CHOICES)), 0)
    taken, times = np.unique(values, return_counts=True)
    counts |= {int(choice): int(count) for choice, count in zip(taken, times, strict=True)}
    return Choices(name, counts)
