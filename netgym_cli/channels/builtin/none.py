"""No channel."""

from typing import Any

from netgym_cli.channels.base import Arrival, Channel
from netgym_cli.config.schema import ChannelConfig


class NoChannel(Channel[ChannelConfig]):
    """Every packet arrives at once. A run without a channel does not even ask it: observations stay as they are."""

    config_schema = ChannelConfig

    def reset(self, seed: int | None = None) -> None:
        self._sent = 0
        self._waiting: list[Arrival] = []

    def send(self, payload_bytes: int, now_ms: float, port: int = 0) -> int:
        self._waiting.append(Arrival(self._sent, now_ms, now_ms))
        self._sent += 1
        return self._sent - 1

    def advance(self, to_ms: float) -> list[Arrival]:
        arrived = [one for one in self._waiting if one.arrived_ms < to_ms]
        self._waiting = self._waiting[len(arrived) :]
        return arrived

    def info(self) -> dict[str, Any]:
        waiting = len(self._waiting)
        told = {"sent": self._sent, "arrived": self._sent - waiting, "lost": 0, "in_flight": waiting}
        return {"state": "PERFECT", **told, "duplicates": 0, "queue_bytes": 0}
