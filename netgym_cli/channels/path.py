"""What link and trace share: a queue, a link that sends what waits in it, and a wire behind it that may lose, delay,
double and reorder packets.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, NoReturn, TypeVar

import numpy as np
from omegaconf import MISSING

from netgym_cli.channels.base import Arrival, Channel, DeliveryConfig
from netgym_cli.channels.clock import SLACK_STEPS
from netgym_cli.channels.draws import Draws, stream
from netgym_cli.channels.queue import Queue
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.fields import ranged


@dataclass
class PathConfig(DeliveryConfig):
    """Keys of channels with a queue."""

    reordering: bool = MISSING
    queue_bytes: int | None = ranged(1, null="no limit")
    header_bytes: int = ranged(0, 1000)

    def validate(self) -> None:
        super().validate()
        if self.queue_bytes is not None and self.packet_size_bytes is not None:
            self.size_of(self.packet_size_bytes)

    def size_of(self, payload_bytes: int) -> int:
        """Bytes of a packet with its header. Raises `ConfigError` for one that the queue can never hold."""
        size = payload_bytes + self.header_bytes
        if payload_bytes < 0 or size > self.limit_bytes:
            refuse(self, payload_bytes)
        return size

    @property
    def limit_bytes(self) -> float:
        """Size of the queue; inf: without limit."""
        return math.inf if self.queue_bytes is None else self.queue_bytes


def refuse(config: PathConfig, payload_bytes: int) -> NoReturn:
    """Raises `ConfigError` for a packet that the channel cannot carry."""
    if config.queue_bytes is None:
        raise ConfigError(f"a packet has {payload_bytes} bytes; allowed: 0 or more.")
    raise ConfigError(
        f"a packet has {payload_bytes} bytes; allowed: 0 to {config.queue_bytes - config.header_bytes}, which "
        f"channel.queue_bytes={config.queue_bytes} can hold with a header of {config.header_bytes} bytes."
    )


P = TypeVar("P", bound=PathConfig)


class Path(Channel[P]):
    """A queue, a link and a wire. A lost packet has used the link; a dropped one has not, and counts as lost."""

    def __init__(self, config: P, step_ms: float) -> None:
        super().__init__(config, step_ms)
        self._slack_ms = SLACK_STEPS * step_ms
        self._header, self._largest = config.header_bytes, config.limit_bytes - config.header_bytes
        self._draws: Draws | None = None
        self._duplication = self._jitter_ms = 0.0

    @property
    def largest_payload_bytes(self) -> float:
        return self._largest

    @abstractmethod
    def begin_session(self, generator: np.random.Generator) -> None:
        """Draws what the config gives as a range."""

    @abstractmethod
    def new_queue(self) -> Queue:
        """An empty queue at time 0."""

    @abstractmethod
    def columns(self) -> tuple[str, str, str, str]:
        """Kinds of the draws for loss, duplication, and the jitter of a packet and of its duplicate."""

    @abstractmethod
    def wire(self, at_ms: float) -> tuple[float, float]:
        """Probability of loss and propagation delay, ms, for a packet that the link has sent at `at_ms`."""

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """What `info` tells of the session."""

    def reset(self, seed: int | None = None) -> None:
        if seed is not None or self._draws is None:
            generator = stream(seed)
            self.begin_session(generator)
            self._draws = Draws(generator, self.columns())
            self._rows, self._refill = self._draws.rows, self._draws.refill
        self._queue = self.new_queue()
        self._pending: list[tuple[float, int, Arrival, bool]] = []  # a heap; the flag: not a duplicate
        self._pushed = self._sent = self._arrived = self._lost = self._dropped = self._duplicates = 0
        self._latest_ms = self._now_ms = 0.0

    def send(self, payload_bytes: int, now_ms: float, port: int = 0) -> int:
        if not 0 <= payload_bytes <= self._largest:
            refuse(self.config, payload_bytes)
        try:
            loss, duplication, jitter, again = self._rows.pop()
        except IndexError:
            loss, duplication, jitter, again = self._refill()
        packet, self._now_ms = self._sent, now_ms
        self._sent = packet + 1
        departure = self._queue.enter(payload_bytes + self._header, now_ms)
        if departure is None:
            self._dropped += 1
            self._lost += 1
            return packet
        chance, delay_ms = self.wire(departure)
        if loss < chance:
            self._lost += 1
            return packet
        first = departure + max(0.0, delay_ms + self._jitter_ms * jitter)
        if duplication < self._duplication:
            other = departure + max(0.0, delay_ms + self._jitter_ms * again)
            first, second = self._in_order(min(first, other)), self._in_order(max(first, other))
            self._push(Arrival(packet, now_ms, first, port), True)
            self._push(Arrival(packet, now_ms, second, port), False)
        else:
            self._push(Arrival(packet, now_ms, self._in_order(first), port), True)
        return packet

    def _in_order(self, arrive_ms: float) -> float:
        """When it arrives, if nothing may arrive before what was sent earlier."""
        if self.config.reordering:
            return arrive_ms
        self._latest_ms = max(self._latest_ms, arrive_ms)
        return self._latest_ms

    def _push(self, arrival: Arrival, first: bool) -> None:
        self._pushed += 1
        heappush(self._pending, (arrival.arrived_ms, self._pushed, arrival, first))

    def advance(self, to_ms: float) -> list[Arrival]:
        pending, before = self._pending, to_ms - self._slack_ms
        self._now_ms = to_ms
        arrived = []
        while pending and pending[0][0] < before:
            _, _, arrival, first = heappop(pending)
            arrived.append(arrival)
            if first:
                self._arrived += 1
            else:
                self._duplicates += 1
        return arrived

    def info(self) -> dict[str, Any]:
        waiting = self._queue.backlog_bytes(self._now_ms)
        return {
            "state": "BUSY" if waiting else "IDLE",
            "sent": self._sent,
            "arrived": self._arrived,
            "lost": self._lost,
            "in_flight": self._sent - self._arrived - self._lost,
            "duplicates": self._duplicates,
            "queue_bytes": waiting,
            "dropped": self._dropped,
            **self.parameters(),
        }
