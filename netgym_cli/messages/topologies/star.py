"""Node 0 is in the middle, and every other node has a cable to it."""

from __future__ import annotations

from typing import ClassVar

from netgym_cli.messages.topology import Graph


class Star(Graph):
    """What one outer node sends to another passes node 0."""

    collective: ClassVar[str] = "parameter_server"

    def edges(self) -> list[tuple[int, int]]:
        return [(0, node) for node in range(1, self.nodes)]
