"""How all nodes get the mean of what each of them has, as a list of messages: the `Collective` interface."""

from __future__ import annotations

from abc import ABC, abstractmethod

from netgym_cli.common.registry import Registry
from netgym_cli.messages.message import Message


class Collective(ABC):
    """A way to exchange data of equal size."""

    @abstractmethod
    def messages(self, nodes: int, size_bytes: int) -> list[Message]:
        """What is sent so that each of the nodes, each of which has `size_bytes`, gets the result of `size_bytes`.

        One node sends nothing. The bytes of all messages are a whole number that the collective's formula gives.
        """


def parts(size_bytes: int, count: int) -> list[int]:
    """`size_bytes` as `count` whole numbers of bytes, as equal as can be, the larger ones first."""
    return [size_bytes // count + (place < size_bytes % count) for place in range(count)]


collective_registry: Registry[Collective] = Registry("collective", "netgym_cli.messages.collectives", Collective)
