"""The alpha-beta model (Hockney 1994): a message of m bytes takes alpha + beta m, and links serve one after the other.

Alpha is propagation along the path with its jitter, beta the time of a byte and of its share of headers. Nothing is
lost, and no window limits a rate.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import ClassVar

from netgym_cli.messages.message import Arrivals, Message, Schedule
from netgym_cli.messages.network import SEGMENT_BYTES, WIRE_BYTES, Network


class AlphaBeta(Network):
    """Each link sends messages in the order in which they may be sent, bits passing on from link to link at once."""

    lossless: ClassVar[bool] = True

    def run(self, messages: Sequence[Message], ready_s: Sequence[float]) -> Arrivals:
        schedule, free_s = Schedule(messages, ready_s), [0.0] * len(self.links)
        waiting = schedule.first()
        heapq.heapify(waiting)
        while waiting:
            start_s, place = heapq.heappop(waiting)
            for freed in schedule.arrived(place, self._arrival_s(messages[place], start_s, free_s)):
                heapq.heappush(waiting, freed)
        return Arrivals(tuple(schedule.at_s), events=len(messages))

    def _arrival_s(self, message: Message, start_s: float, free_s: list[float]) -> float:
        route = self.topology.route(message.source, message.destination)
        delay_s = self.delay_s(route)
        begun_s = sent_s = start_s + 2 * self.handshakes * delay_s
        for link in route:
            begun_s = max(begun_s, free_s[link])
            taken_s = message.size_bytes * WIRE_BYTES / SEGMENT_BYTES / self.links[link].bytes_per_s
            sent_s = free_s[link] = max(sent_s, begun_s + taken_s)
        return sent_s + max(0.0, delay_s + self.jitter_s(route))
