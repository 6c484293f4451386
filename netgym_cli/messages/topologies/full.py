"""Everybody reaches everybody: each node has one full-duplex access link to a core that never blocks."""

from __future__ import annotations

from typing import ClassVar

from netgym_cli.messages.topology import Route, Topology


class Full(Topology):
    """Cable k is the access link of node k: its link 2k leads away from the node."""

    halves: ClassVar[bool] = True

    @property
    def cables(self) -> int:  # type: ignore[override]
        return self.nodes

    def route(self, source: int, destination: int) -> Route:
        return (2 * source, 2 * destination + 1)
