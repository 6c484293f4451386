"""TCP Cubic, round by round: every connection sends a window per round trip, and shares links with the others.

What a packet-level simulation does for every segment happens here once per window: one binomial draw says how many
were lost, and the share of a link is its rate over the connections that are active on it at the time.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count

from netgym_cli.messages.cubic import CubicWindow
from netgym_cli.messages.message import Arrivals, Message, Schedule
from netgym_cli.messages.network import SEGMENT_BYTES, WIRE_BYTES, Network
from netgym_cli.messages.topology import Route

LEAST_TIMEOUT_S = 0.2  # Linux's least retransmission time-out, RFC 6298 with its floor
DUPLICATES = 3  # acknowledgements of later segments that show a loss, RFC 5681
PROBE_S = 0.01  # the least time until a tail-loss probe, RFC 8985


class Connection:
    """A connection between two nodes: its window, which outlasts messages, and the messages that wait for it."""

    def __init__(self, route: Route, network: Network) -> None:
        links = [network.links[link] for link in route]
        self.route, self.window = route, CubicWindow()
        self.round_trip_s = 2 * sum(link.delay_s for link in links)
        self.loss = 1 - math.prod(1 - link.loss for link in links)
        self.waiting: deque[int] = deque()
        self.left = 0  # segments of the first message that waits
        self.acknowledged_s = -math.inf

    @property
    def timeout_s(self) -> float:
        """The retransmission time-out."""
        return self.round_trip_s + LEAST_TIMEOUT_S


class Tcp(Network):
    """Initial window 10, slow start, Cubic, selective acknowledgements, tail-loss probes, time-outs, finite queues."""

    def run(self, messages: Sequence[Message], ready_s: Sequence[float]) -> Arrivals:
        if not hasattr(self, "_connections"):
            self._connections: dict[tuple[int, int], Connection] = {}
        return _Exchange(self, self._connections, messages, ready_s).run()


class _Exchange:
    """One list of messages on its way, as events in the order of their time."""

    def __init__(
        self,
        network: Tcp,
        connections: dict[tuple[int, int], Connection],
        messages: Sequence[Message],
        ready_s: Sequence[float],
    ) -> None:
        self.network, self.connections, self.messages = network, connections, messages
        self.schedule = Schedule(messages, ready_s)
        self.active = [0] * len(network.links)
        self.segments = self.lost = self.rounds = 0
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._number = count()

    def run(self) -> Arrivals:
        """All events, until every message has arrived."""
        self._hand_over(self.schedule.first())
        while self._events:
            now_s, _, happen = heapq.heappop(self._events)
            happen(now_s)
        return Arrivals(tuple(self.schedule.at_s), self.segments, self.lost, self.rounds)

    def _at(self, time_s: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (time_s, next(self._number), happen))

    def _hand_over(self, startable: list[tuple[float, int]]) -> None:
        for start_s, place in startable:
            message = self.messages[place]
            key = (message.source, message.destination)
            if (connection := self.connections.get(key)) is None:
                connection = self.connections[key] = Connection(self.network.topology.route(*key), self.network)
            begin_s = start_s + self.network.handshakes * connection.round_trip_s
            self._at(begin_s, lambda now_s, place=place, on=connection: self._queue(now_s, on, place))  # type: ignore[misc]

    def _queue(self, now_s: float, connection: Connection, place: int) -> None:
        """A message is there to be sent."""
        connection.waiting.append(place)
        if len(connection.waiting) > 1:
            return
        if now_s - connection.acknowledged_s > connection.timeout_s:
            connection.window.after_idle()
        for link in connection.route:
            self.active[link] += 1
        self._begin(now_s, connection)

    def _begin(self, now_s: float, connection: Connection) -> None:
        """The first message that waits is sent from now on."""
        connection.left = math.ceil(self.messages[connection.waiting[0]].size_bytes / SEGMENT_BYTES)
        self._round(now_s, connection)

    def _round(self, now_s: float, connection: Connection) -> None:
        """A window of segments, and what becomes of it within a round trip."""
        links = self.network.links
        share = min(links[link].bytes_per_s / self.active[link] for link in connection.route)
        queue = min(links[link].queue_bytes / self.active[link] for link in connection.route)
        room = math.inf if math.isinf(share) else (share * connection.round_trip_s + queue) / WIRE_BYTES
        sent = min(max(1, int(connection.window.segments)), connection.left)
        sending_s = sent * WIRE_BYTES / share
        took_s = max(connection.round_trip_s, sending_s)
        lost = self._losses(connection, sent, room)
        self.rounds += 1
        self.segments += sent
        self.lost += lost
        connection.left -= sent - lost
        if lost:
            took_s += self._recovery_s(connection, sent, lost)
            connection.window.lost()
        else:
            connection.window.delivered(sent, took_s, room)
        if connection.left:
            self._at(now_s + took_s, lambda then_s: self._round(then_s, connection))
        else:
            self._sent(now_s + sending_s, connection)

    def _losses(self, connection: Connection, sent: int, room: float) -> int:
        """How many segments of a round are lost: by chance, and those that find the queue full."""
        by_chance = int(self.network.generator.binomial(sent, connection.loss)) if connection.loss else 0
        return max(by_chance, int(sent - room)) if sent > room else by_chance

    def _recovery_s(self, connection: Connection, sent: int, lost: int) -> float:
        """What a round with losses takes longer than one without, until the sender knows of them."""
        first = int(self.network.generator.integers(sent))
        if sent - first - 1 >= DUPLICATES or connection.left > lost:
            return 0.0
        return max(2 * connection.round_trip_s, PROBE_S) if sent > 1 else connection.timeout_s

    def _sent(self, now_s: float, connection: Connection) -> None:
        """The last segment of a message has left; the next one follows at once."""
        place = connection.waiting[0]
        connection.acknowledged_s = now_s + connection.round_trip_s
        way_s = max(0.0, connection.round_trip_s / 2 + self.network.jitter_s(connection.route))
        self._at(now_s + way_s, lambda then_s: self._hand_over(self.schedule.arrived(place, then_s)))
        self._at(now_s, lambda then_s: self._free(then_s, connection))

    def _free(self, now_s: float, connection: Connection) -> None:
        connection.waiting.popleft()
        if connection.waiting:
            self._begin(now_s, connection)
            return
        for link in connection.route:
            self.active[link] -= 1
