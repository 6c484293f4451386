"""All-reduce on a binomial tree: sums go up to node 0, and the result comes down again."""

from __future__ import annotations

from netgym_cli.messages.collective import Collective
from netgym_cli.messages.message import Message


class Tree(Collective):
    """2 ceil(log2 n) steps of messages of m bytes (Thakur et al. 2005); 2 (n - 1) m bytes in all."""

    def messages(self, nodes: int, size_bytes: int) -> list[Message]:
        levels = [2**level for level in range((nodes - 1).bit_length())]
        messages: list[Message] = []
        received: list[tuple[int, ...]] = [() for _ in range(nodes)]
        for far in levels:
            for node in range(far, nodes, 2 * far):
                received[node - far] = (*received[node - far], len(messages))
                messages.append(Message(node, node - far, size_bytes, received[node]))
        result = received[:1] + [()] * (nodes - 1)
        for far in reversed(levels):
            for node in range(far, nodes, 2 * far):
                result[node] = (len(messages),)
                messages.append(Message(node - far, node, size_bytes, result[node - far]))
        return messages
