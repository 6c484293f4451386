"""Ring all-reduce: n parts travel around the ring twice, added up on the first round and copied on the second."""

from __future__ import annotations

from netgym_cli.messages.collective import Collective, parts
from netgym_cli.messages.message import Message


class Ring(Collective):
    """2 (n - 1) steps of messages of m / n bytes (Patarasuk and Yuan 2009); 2 (n - 1) m bytes in all."""

    def messages(self, nodes: int, size_bytes: int) -> list[Message]:
        sizes = parts(size_bytes, nodes)
        messages = []
        for step in range(2 * (nodes - 1)):
            for node in range(nodes):
                after = () if step == 0 else ((step - 1) * nodes + (node - 1) % nodes,)
                messages.append(Message(node, (node + 1) % nodes, sizes[(node - step) % nodes], after))
        return messages
