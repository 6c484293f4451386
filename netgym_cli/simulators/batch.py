"""What a simulator answers with that simulates many networks in one call."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from netgym_cli.simulators.stats import Layout


class SimulatorBatch(Protocol):
    """Sessions of n networks of one scenario that go on together; each by itself is as the simulator alone makes it.

    Attributes:
        layout: what each place of a network's values means.
        ts_ms: simulated time of every network, ms, float64 of shape `(n,)`; the array may be used again.
        ticks: simulator events of every network since its session began, of shape `(n,)`; the same holds.
    """

    layout: Layout
    ts_ms: np.ndarray
    ticks: np.ndarray

    def start(self, seeds: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        """Begins sessions, also in place of those that run, and simulates their warm interval.

        Args:
            seeds: int64 of shape `(n,)`.
            chosen: which networks begin, bool of shape `(n,)`; None: all.

        Returns:
            All networks' last measurements, a new float64 array of shape `(n, layout.size)`.
        """

    def step(self, controls: np.ndarray | None) -> np.ndarray:
        """Applies controls and simulates one interval in every network.

        Args:
            controls: float64 of shape `(n, size of a control)`; a row that begins with NaN, or None for all rows, lets
                the scenario's default algorithm decide.

        Returns:
            All networks' measurements, a new float64 array of shape `(n, layout.size)`.
        """

    def close(self) -> None:
        """Releases the networks; harmless when called twice."""
