"""NetRL's configuration classes, so that its documented examples run with another import line.

The defaults are NetRL's own. A time of 0.5 ms is 0.5 ms here, seeds reach every channel, and `packet_size_bytes` is the
payload of every packet that `step` does not give another size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from netgym_cli.config.schema import require


@dataclass
class NetworkConfig:
    """Window, seed and Gilbert-Elliott channel.

    Attributes:
        p_gb, p_bg: probability of going from GOOD to BAD, and back, before each packet.
        loss_good, loss_bad: probability of losing a packet in each state.
        delay_steps: one-way delay in environment steps, 0 or more.
        buffer_size: observations in the window, 1 or more.
        seed: of the channel until the first `reset(seed=...)`; None for a fresh one.
    """

    p_gb: float = 0.1
    p_bg: float = 0.3
    loss_good: float = 0.01
    loss_bad: float = 0.20
    delay_steps: int = 0
    buffer_size: int = 10
    seed: int | None = 42

    def keys(self) -> dict[str, Any]:
        """Name and keys of netgym's channel."""
        channel = asdict(self)
        del channel["seed"], channel["buffer_size"]
        return {"name": "gilbert_elliott", **channel}

    def validate(self) -> None:
        """Raises `ConfigError` for an invalid seed; the channel checks the rest."""
        require(
            self.seed is None or (isinstance(self.seed, int) and self.seed >= 0),
            "seed",
            self.seed,
            "0 or more, or None for a fresh one",
        )


@dataclass
class NS3WifiConfig:
    """802.11a between two stations, simulated by ns-3 with 46.7 dB of loss at 1 m. Units are in the names."""

    reference_loss_db: ClassVar[float] = 46.6777
    distance_m: float = 10.0
    step_duration_ms: float = 1.0
    tx_power_dbm: float = 20.0
    loss_exponent: float = 3.0
    max_retries: int = 7
    packet_size_bytes: int = 64

    def keys(self) -> dict[str, Any]:
        """Name and keys of netgym's channel."""
        return {"name": "ns3_wifi", "reference_loss_db": self.reference_loss_db, **asdict(self)}


@dataclass
class NS3WiFiChannelFastConfig(NS3WifiConfig):
    """The same with 40 dB of loss at 1 m and other defaults."""

    reference_loss_db: ClassVar[float] = 40.0
    distance_m: float = 15.0
    step_duration_ms: float = 2.0
    packet_size_bytes: int = 256


@dataclass
class NS3WifiMultiUEConfig:
    """Stations that share one access point, simulated by ns-3. Stations without a distance have the last one."""

    n_ues: int = 2
    distances_m: Sequence[float] = field(default_factory=lambda: [10.0, 10.0])
    step_duration_ms: float = 1.0
    tx_power_dbm: float = 20.0
    loss_exponent: float = 3.0
    max_retries: int = 7
    packet_size_bytes: int = 64

    def keys(self) -> dict[str, Any]:
        """Name and keys of netgym's channel."""
        channel = asdict(self)
        count = channel.pop("n_ues")
        distances = [*channel.pop("distances_m")]
        require(bool(distances), "distances_m", distances, "one distance or more")
        channel["distances_m"] = [distances[min(k, len(distances) - 1)] for k in range(count)]
        return {"name": "ns3_wifi_multi", "reference_loss_db": 46.6777, **channel}
