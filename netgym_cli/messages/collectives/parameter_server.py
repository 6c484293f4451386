"""Node 0 collects everybody's data, and sends the result to everybody."""

from __future__ import annotations

from netgym_cli.messages.collective import Collective
from netgym_cli.messages.message import Message


class ParameterServer(Collective):
    """m bytes from each other node to node 0, then m bytes back (Li et al. 2014); 2 (n - 1) m bytes in all."""

    def messages(self, nodes: int, size_bytes: int) -> list[Message]:
        up = [Message(node, 0, size_bytes) for node in range(1, nodes)]
        return up + [Message(0, node, size_bytes, tuple(range(nodes - 1))) for node in range(1, nodes)]
