"""A message, when it arrives, and which messages wait for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Message(NamedTuple):
    """Bytes from one node to another.

    Attributes:
        source: index of the node that sends.
        destination: of the node that receives, another one.
        size_bytes: payload, 1 or more.
        after: places, in the list of messages, of those that must have arrived before this one is sent.
    """

    source: int
    destination: int
    size_bytes: int
    after: tuple[int, ...] = ()


@dataclass(frozen=True)
class Arrivals:
    """What became of a list of messages.

    Attributes:
        at_s: for each message the time at which its last byte reached its destination, s.
        segments: segments that were sent, retransmissions included; 0 where a network has none.
        retransmitted: how many of them were retransmissions.
        events: steps of the computation, a measure of its size.
    """

    at_s: tuple[float, ...]
    segments: int = 0
    retransmitted: int = 0
    events: int = 0

    def finished_s(self, messages: Sequence[Message], ready_s: Sequence[float]) -> list[float]:
        """For each node the time at which it has its own data and all messages to it, s."""
        finished = list(ready_s)
        for message, at_s in zip(messages, self.at_s, strict=True):
            finished[message.destination] = max(finished[message.destination], at_s)
        return finished


class Schedule:
    """Which messages may be sent: those whose predecessors have arrived, once their source is ready.

    Args:
        messages: a list in which `after` names earlier or later places, without circles.
        ready_s: for each node the time at which its data are there, s.
    """

    def __init__(self, messages: Sequence[Message], ready_s: Sequence[float]) -> None:
        self._messages, self._start_s = messages, [ready_s[message.source] for message in messages]
        self._missing = [len(message.after) for message in messages]
        self._followers: list[list[int]] = [[] for _ in messages]
        for place, message in enumerate(messages):
            for before in message.after:
                self._followers[before].append(place)
        self.at_s = [0.0] * len(messages)

    def first(self) -> list[tuple[float, int]]:
        """Time and place of every message that waits for no other."""
        return [(self._start_s[place], place) for place, missing in enumerate(self._missing) if not missing]

    def arrived(self, place: int, at_s: float) -> list[tuple[float, int]]:
        """Notes an arrival; returns time and place of the messages that may be sent now."""
        self.at_s[place] = at_s
        freed = []
        for follower in self._followers[place]:
            self._missing[follower] -= 1
            self._start_s[follower] = max(self._start_s[follower], at_s)
            if not self._missing[follower]:
                freed.append((self._start_s[follower], follower))
        return freed
