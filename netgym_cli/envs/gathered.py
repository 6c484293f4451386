"""Several measurements of a message at once, where each has as many entries: one look-up and one sum for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netgym_cli.envs.last_axis import PerNetwork, mean
from netgym_cli.simulators.stats import Layout, Stats


class Gathered:
    """Takes some measurements of every message, and keeps where they stand in it.

    Args:
        names: `source::name` of each.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._layout: Layout | None = None
        self._places: np.ndarray | None = None

    def __call__(self, stats: Stats) -> np.ndarray | None:
        """Their values, float64 of shape `(..., names, entries)`; None if they differ in their numbers of entries.

        Raises `UnknownMeasurement` if one is absent.
        """
        if stats.layout is not self._layout:
            sizes = {stats[name].shape[-1] for name in self.names}
            every, places = np.arange(stats.layout.size), stats.layout.places
            self._places = np.stack([every[places[name]] for name in self.names]) if len(sizes) == 1 else None
            self._layout = stats.layout
        return None if self._places is None else stats.values.take(self._places, axis=-1)


class Means:
    """Means over the entries of some measurements, each as `last_axis.mean` gives it, to the bit.

    Args:
        names: `source::name` of each.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._gathered = Gathered(names)

    def __call__(self, stats: Stats) -> list[PerNetwork]:
        """One mean per name: a float of one network, float64 of shape `(n,)` of many."""
        rows = self._gathered(stats)
        if rows is None:
            return [mean(stats[name]) for name in self._gathered.names]
        means = np.add.reduce(rows, axis=-1) / rows.shape[-1]
        return means.tolist() if means.ndim == 1 else list(np.moveaxis(means, -1, 0))
