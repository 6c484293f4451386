"""Every node has a cable to the next one, and the last one to the first."""

from __future__ import annotations

from netgym_cli.messages.topology import Graph


class Ring(Graph):
    """Two nodes have a single cable."""

    def edges(self) -> list[tuple[int, int]]:
        around = [(node, (node + 1) % self.nodes) for node in range(self.nodes)]
        return around if self.nodes > 2 else around[: self.nodes - 1]
