"""A cable between any two nodes."""

from __future__ import annotations

from itertools import combinations

from netgym_cli.messages.topology import Graph


class Dedicated(Graph):
    """As a full mesh of leased lines."""

    def edges(self) -> list[tuple[int, int]]:
        return list(combinations(range(self.nodes), 2))
