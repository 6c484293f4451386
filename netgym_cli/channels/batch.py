"""Many copies of one channel, served together: each call is a few NumPy operations, whatever the number of copies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from netgym_cli.config.schema import ChannelConfig

C = TypeVar("C", bound=ChannelConfig)


class BatchArrivals(NamedTuple):
    """m packets that came out of a batch; the order among those of one copy is told by `arrived_ms` alone.

    Attributes:
        copies: whose they are, int64 of shape `(m,)`, 0 to n - 1.
        packets: their numbers, int64 of shape `(m,)`: packets of a copy are counted from 0 since its last restart.
        sent_ms, arrived_ms: float64 of shape `(m,)`, ms since that restart.
    """

    copies: np.ndarray
    packets: np.ndarray
    sent_ms: np.ndarray
    arrived_ms: np.ndarray


class BatchChannel(ABC, Generic[C]):
    """n copies of a channel, each with a clock, a stream and counters of its own; all send at each `send`.

    Copy i, reset with `seeds[i]`, tells bit for bit what the channel tells that is reset with `seeds[i]` and meets the
    same packets.

    Args:
        config: the channel's record, validated.
        step_ms: duration of one environment step, ms.
        copies: n, 1 or more.
    """

    def __init__(self, config: C, step_ms: float, copies: int) -> None:
        self.config, self.step_ms, self.copies = config, step_ms, copies

    @abstractmethod
    def reset(self, seeds: Sequence[int] | None = None) -> None:
        """Empties all copies and sets their clocks to 0.

        Args:
            seeds: one per copy, each begins a session; None: episodes within the sessions, as `Channel.reset(None)`.
        """

    @abstractmethod
    def restart(self, which: np.ndarray) -> None:
        """Begins an episode, as `Channel.reset(None)` does, for the copies `which`: int64, each at most once."""

    @abstractmethod
    def send(self, payload_bytes: int, now_ms: np.ndarray) -> None:
        """Puts a packet into each copy at its own time, float64 of shape `(n,)`.

        Raises `ConfigError` (a `ValueError`) for a size that the channel cannot carry.
        """

    @abstractmethod
    def advance(self, to_ms: np.ndarray) -> BatchArrivals:
        """What arrived in each copy before its `to_ms`, float64 of shape `(n,)`, and was not told yet."""

    @abstractmethod
    def info(self) -> dict[str, np.ndarray]:
        """The keys of `Channel.info`, each an array of shape `(n,)` that is no longer changed."""


class Pending:
    """The packets of n copies that are on their way: one row for each `send`, used again when all of it has arrived.

    Rows are added while packets of every row are under way, so that memory grows to the longest delay and no further.
    """

    def __init__(self, copies: int) -> None:
        self._copies, self._row = copies, 0
        self._all = np.arange(copies)
        self._arrive, self._sent = np.full((1, copies), np.inf), np.empty((1, copies))
        self._packet = np.empty((1, copies), np.int64)

    def add(self, packets: np.ndarray, sent_ms: np.ndarray, arrive_ms: np.ndarray) -> None:
        """One packet per copy, arrays of shape `(n,)`; one that never arrives has `arrive_ms` inf."""
        row = self._free_row()
        self._packet[row], self._sent[row], self._arrive[row] = packets, sent_ms, arrive_ms

    def take(self, before_ms: np.ndarray) -> BatchArrivals:
        """What arrives before `before_ms`, which has shape `(n,)`."""
        due = (self._arrive < before_ms).ravel().nonzero()[0]
        copies = due if len(self._arrive) == 1 else due % self._copies
        arrive = self._arrive.ravel()
        told = BatchArrivals(copies, self._packet.ravel()[due], self._sent.ravel()[due], arrive[due])
        arrive[due] = np.inf
        return told

    def clear(self, which: np.ndarray) -> None:
        """Forgets the packets of the copies `which`."""
        self._arrive[:, which] = np.inf

    def _free_row(self) -> int:
        rows = len(self._arrive)
        self._row = (self._row + 1) % rows
        if self._arrive[self._row].min() == np.inf:
            return self._row
        free = np.flatnonzero(self._arrive.min(axis=1) == np.inf)
        if len(free):
            self._row = int(free[0])
            return self._row
        more = np.full((rows, self._copies), np.inf)
        self._arrive = np.concatenate([self._arrive, more])
        self._sent = np.concatenate([self._sent, np.empty_like(self._sent)])
        self._packet = np.concatenate([self._packet, np.empty_like(self._packet)])
        self._row = rows
        return rows
