"""A channel whose every packet has a fate that the test wrote down."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from netgym_cli.channels.base import Arrival, Channel, DeliveryConfig


@dataclass
class ScriptedConfig(DeliveryConfig):
    """Delays per packet, ms: a number, None for a loss, a tuple for duplicates; beyond the list, 0."""

    delays_ms: Any = field(default_factory=list)


def scripted_config(delays_ms: Sequence[Any] = (), **keys: Any) -> ScriptedConfig:
    common = {
        "name": "tests.support.scripted_channel:ScriptedChannel",
        "action": None,
        "action_hold": "last",
        "action_default": None,
        "buffer_size": 4,
        "fill": "zero",
        "age": False,
        "reward": "immediate",
        "packet_size_bytes": None,
        "step_duration_ms": 10.0,
    }
    return ScriptedConfig(**{**common, **keys}, delays_ms=list(delays_ms))


class ScriptedChannel(Channel[ScriptedConfig]):
    """Remembers the seeds it was reset with and the sizes it carried."""

    config_schema = ScriptedConfig

    def __init__(self, config: ScriptedConfig, step_ms: float) -> None:
        super().__init__(config, step_ms)
        self.seeds: list[int | None] = []
        self.closed = False
        self._begin()

    def _begin(self) -> None:
        self.sizes: list[int] = []
        self.flying: list[Arrival] = []
        self.arrived: set[int] = set()
        self.lost = self.duplicates = 0

    def reset(self, seed: int | None = None) -> None:
        self.seeds.append(seed)
        self._begin()

    def send(self, payload_bytes: int, now_ms: float, port: int = 0) -> int:
        number = len(self.sizes)
        self.sizes.append(payload_bytes)
        fate = self.config.delays_ms[number] if number < len(self.config.delays_ms) else 0
        self.lost += fate is None
        for delay in fate if isinstance(fate, tuple) else () if fate is None else (fate,):
            self.flying.append(Arrival(number, now_ms, now_ms + delay))
        return number

    def advance(self, to_ms: float) -> list[Arrival]:
        due = sorted((one for one in self.flying if one.arrived_ms < to_ms), key=lambda one: one.arrived_ms)
        self.flying = [one for one in self.flying if one.arrived_ms >= to_ms]
        self.duplicates += len(due) - len({one.packet for one in due} - self.arrived)
        self.arrived |= {one.packet for one in due}
        return due

    def info(self) -> dict[str, Any]:
        in_flight = len({one.packet for one in self.flying} - self.arrived)
        told = {"sent": len(self.sizes), "arrived": len(self.arrived), "lost": self.lost, "in_flight": in_flight}
        return {"state": "SCRIPTED", **told, "duplicates": self.duplicates, "queue_bytes": 0}

    def close(self) -> None:
        self.closed = True
