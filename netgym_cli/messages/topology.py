"""Who is joined to whom: the `Topology` interface, and topologies that are graphs with shortest paths."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from functools import cached_property
from typing import ClassVar

from netgym_cli.common.registry import Registry

Route = tuple[int, ...]


class Topology(ABC):
    """Cables between nodes; of cable k, link 2k and link 2k + 1 are the two directions.

    Args:
        nodes: how many there are, 1 or more.

    Attributes:
        collective: name of the collective that suits it.
        halves: whether every path crosses two cables, one of each end.
        cables: how many there are.
    """

    collective: ClassVar[str] = "ring"
    halves: ClassVar[bool] = False
    cables: int

    def __init__(self, nodes: int) -> None:
        self.nodes = nodes

    @abstractmethod
    def route(self, source: int, destination: int) -> Route:
        """The links from one node to another, in their order."""


class Graph(Topology):
    """Cables that are edges between nodes; others pass messages on, along a shortest path, the first by its nodes."""

    @abstractmethod
    def edges(self) -> list[tuple[int, int]]:
        """The nodes that each cable joins; its link 2k leads from the first to the second."""

    @property
    def cables(self) -> int:  # type: ignore[override]
        return len(self.edges())

    def route(self, source: int, destination: int) -> Route:
        return self._routes[source][destination]

    @cached_property
    def _routes(self) -> list[dict[int, Route]]:
        neighbours: list[dict[int, int]] = [{} for _ in range(self.nodes)]
        for cable, (first, second) in enumerate(self.edges()):
            neighbours[first][second], neighbours[second][first] = 2 * cable, 2 * cable + 1
        return [self._routes_from(source, neighbours) for source in range(self.nodes)]

    def _routes_from(self, source: int, neighbours: list[dict[int, int]]) -> dict[int, Route]:
        routes: dict[int, Route] = {source: ()}
        waiting = deque([source])
        while waiting:
            node = waiting.popleft()
            for neighbour, link in sorted(neighbours[node].items()):
                if neighbour not in routes:
                    routes[neighbour] = (*routes[node], link)
                    waiting.append(neighbour)
        return routes


topology_registry: Registry[Topology] = Registry("topology", "netgym_cli.messages.topologies", Topology)
