"""Direct all-reduce: every node adds up one part of everybody's data, and sends the sum to everybody."""

from __future__ import annotations

from netgym_cli.messages.collective import Collective, parts
from netgym_cli.messages.message import Message


class Direct(Collective):
    """Two steps, in each of which every node sends n - 1 messages of m / n bytes; 2 (n - 1) m bytes in all.

    Node i sends to i + 1, i + 2 and so on, so that no two nodes begin with the same destination.
    """

    def messages(self, nodes: int, size_bytes: int) -> list[Message]:
        sizes = parts(size_bytes, nodes)
        pairs = [(node, (node + ahead) % nodes) for ahead in range(1, nodes) for node in range(nodes)]
        scattered = [Message(source, destination, sizes[destination]) for source, destination in pairs]
        arriving = [
            tuple(place for place, message in enumerate(scattered) if message.destination == node)
            for node in range(nodes)
        ]
        gathered = [Message(source, destination, sizes[source], arriving[source]) for source, destination in pairs]
        return scattered + gathered
