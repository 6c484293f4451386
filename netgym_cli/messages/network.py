"""When messages arrive: the `Network` interface, all that learning needs to know of a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from netgym_cli.common.registry import Registry
from netgym_cli.messages.link import Link
from netgym_cli.messages.message import Arrivals, Message
from netgym_cli.messages.topology import Topology

SEGMENT_BYTES = 1448  # payload of a TCP segment with time stamps on Ethernet
WIRE_BYTES = 1502  # the same with TCP, IP and PPP headers, as in ns-3's point-to-point links


class Network(ABC):
    """The links of a session. Connections that once were opened stay open, from one list of messages to the next.

    Args:
        topology: which links lead where.
        links: two for each of its cables.
        generator: what losses and jitter are drawn from.
        handshakes: round trips that precede each message.

    Attributes:
        lossless: whether it takes no notice of the loss of its links.
    """

    lossless: ClassVar[bool] = False

    def __init__(
        self, topology: Topology, links: Sequence[Link], generator: np.random.Generator, handshakes: float = 0.0
    ) -> None:
        self.topology, self.links, self.generator, self.handshakes = topology, links, generator, handshakes

    @abstractmethod
    def run(self, messages: Sequence[Message], ready_s: Sequence[float]) -> Arrivals:
        """Sends all messages.

        Args:
            messages: each is sent once those that it names in `after` have arrived and its source is ready. Two from
                one node to the same other one share a connection, and arrive in the order in which they were sent.
            ready_s: for each node the time from which it may send, s; no earlier than in the call before.
        """

    def link_bytes(self, messages: Sequence[Message]) -> np.ndarray:
        """Payload that each link carries, retransmissions left out: int64 of shape `(links,)`."""
        carried = np.zeros(len(self.links), np.int64)
        for message in messages:
            for link in self.topology.route(message.source, message.destination):
                carried[link] += message.size_bytes
        return carried

    def delay_s(self, route: Sequence[int]) -> float:
        """Propagation along a route, one way."""
        return sum(self.links[link].delay_s for link in route)

    def jitter_s(self, route: Sequence[int]) -> float:
        """What a message takes longer than propagation, or less; drawn only where there is jitter."""
        most_s = sum(self.links[link].jitter_s for link in route)
        return most_s * float(self.generator.uniform(-1, 1)) if most_s else 0.0


network_registry: Registry[Network] = Registry("network", "netgym_cli.messages.networks", Network)
