"""First-in-first-out queues with tail drop, in front of a link whose rate is fixed or changes.

A queue holds the bytes that the link has not sent yet; what is left of the packet that is being sent counts. A packet
that does not fit into the rest, to the nearest byte, is dropped.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Protocol

HALF_A_BYTE = 0.5  # more than rounding can amount to


class Capacity(Protocol):
    """What a link could have sent since some moment, if it never had been idle."""

    def sent_by(self, now_ms: float) -> float:
        """Bytes until `now_ms`."""

    def time_of(self, sent_bytes: float) -> float:
        """The first time at which that many bytes could have been sent, ms; inf: never."""


class Queue(ABC):
    """A queue and the link behind it, which sends one packet after the other."""

    @abstractmethod
    def enter(self, size_bytes: int, now_ms: float) -> float | None:
        """The time at which the last bit of a packet that comes at `now_ms` is sent, ms; None: it is dropped."""

    @abstractmethod
    def backlog_bytes(self, now_ms: float) -> int:
        """Bytes that are not sent yet."""


class FixedRateQueue(Queue):
    """A link of constant rate.

    Args:
        ms_per_byte: 0 for an infinite rate.
        limit_bytes: size of the queue; inf: without limit.
    """

    __slots__ = ("_free_ms", "_limit", "_ms_per_byte")

    def __init__(self, ms_per_byte: float, limit_bytes: float) -> None:
        self._ms_per_byte, self._limit, self._free_ms = ms_per_byte, limit_bytes + HALF_A_BYTE, 0.0

    def enter(self, size_bytes: int, now_ms: float) -> float | None:
        start = self._free_ms if self._free_ms > now_ms else now_ms
        if start - now_ms > (self._limit - size_bytes) * self._ms_per_byte:
            return None
        self._free_ms = start + size_bytes * self._ms_per_byte
        return self._free_ms

    def backlog_bytes(self, now_ms: float) -> int:
        if self._free_ms <= now_ms or self._ms_per_byte == 0:
            return 0
        return round((self._free_ms - now_ms) / self._ms_per_byte)


class VaryingRateQueue(Queue):
    """A link whose rate changes with time.

    Args:
        capacity: what it can send.
        limit_bytes: size of the queue; inf: without limit.
    """

    __slots__ = ("_capacity", "_limit", "_used")

    def __init__(self, capacity: Capacity, limit_bytes: float) -> None:
        self._capacity, self._limit, self._used = capacity, limit_bytes + HALF_A_BYTE, -math.inf

    def enter(self, size_bytes: int, now_ms: float) -> float | None:
        past = self._capacity.sent_by(now_ms)
        start = self._used if self._used > past else past
        if start - past > self._limit - size_bytes:
            return None
        self._used = start + size_bytes
        return max(now_ms, self._capacity.time_of(self._used))

    def backlog_bytes(self, now_ms: float) -> int:
        return max(0, round(max(0.0, self._used - self._capacity.sent_by(now_ms))))
