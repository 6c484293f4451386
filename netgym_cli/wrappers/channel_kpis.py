"""The key performance indicators of a channel in one step, from its counters since the last reset."""

from __future__ import annotations

from typing import Any


class ChannelKpis:
    """Takes the differences between a channel's counters.

    Args:
        prefix: with which the names of the key performance indicators begin.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.begin()

    def begin(self) -> None:
        """The channel was reset."""
        self._counted = (0, 0, 0)

    def kpis(self, state: dict[str, Any], **more: float) -> dict[str, float]:
        """Packets `sent`, `arrived` and `lost` since the last call, `queue_bytes` now, and `more`.

        Args:
            state: `Channel.info()`.
            more: further indicators, by names without the prefix.
        """
        counted = (state["sent"], state["arrived"], state["lost"])
        sent, arrived, lost = (now - before for now, before in zip(counted, self._counted, strict=True))
        self._counted = counted
        values = {"sent": sent, "arrived": arrived, "lost": lost, **more, "queue_bytes": state["queue_bytes"]}
        return {f"{self._prefix}_{name}": float(value) for name, value in values.items()}
