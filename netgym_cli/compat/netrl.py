"""NetRL's words for windows and channels, so that its documented examples run with another import line.

The defaults are NetRL's own. A time of 0.5 ms is 0.5 ms here, seeds reach every channel, and `packet_size_bytes` is the
payload of every packet that `step` does not give another size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import ChannelConfig, require
from netgym_cli.wrappers.channel_configs import channel_config


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
        """Name and keys of the channel in netgym's words."""
        own = asdict(self)
        del own["seed"], own["buffer_size"]
        return {"name": "gilbert_elliott", **own}

    def validate(self) -> None:
        """Raises `ConfigError` for a seed that is none; the channel checks the rest."""
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
        """Name and keys of the channel in netgym's words."""
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
    """Stations that share one access point, simulated by ns-3. The last distance holds for stations without one."""

    n_ues: int = 2
    distances_m: Sequence[float] = field(default_factory=lambda: [10.0, 10.0])
    step_duration_ms: float = 1.0
    tx_power_dbm: float = 20.0
    loss_exponent: float = 3.0
    max_retries: int = 7
    packet_size_bytes: int = 64

    def keys(self) -> dict[str, Any]:
        """Name and keys of the channel in netgym's words."""
        own = asdict(self)
        count = own.pop("n_ues")
        distances = [*own.pop("distances_m")]
        require(bool(distances), "distances_m", distances, "one distance or more")
        own["distances_m"] = [distances[min(k, len(distances) - 1)] for k in range(count)]
        return {"name": "ns3_wifi_multi", "reference_loss_db": 46.6777, **own}


def delivery_of(config: Any, channel: Any) -> tuple[DeliveryConfig, int | None]:
    """The record of the channel and window that two arguments describe together, and the first seed.

    Args:
        config: window and seed, and the channel if `channel` is None; or the channel alone.
        channel: a name or record of netgym's, which `config` then takes the window of, or a channel in NetRL's words.

    Raises:
        ConfigError: nothing usable was given, or a value is out of range.
    """
    if isinstance(config, ChannelConfig | str):
        config, channel = None, config
    if isinstance(channel, str):
        channel = channel_config(channel)
    if config is not None:
        config.validate()
    window = {} if config is None else {"buffer_size": config.buffer_size}
    if channel is None:
        if config is None:
            raise ConfigError("a NetworkedEnv needs a channel: pass channel_config('mobile') or a NetworkConfig.")
        channel = config
    if isinstance(channel, DeliveryConfig):
        record = type(channel)(**{**vars(channel), **window})
        record.validate()
    elif hasattr(channel, "keys") and not isinstance(channel, dict):
        record = channel_config(**{**channel.keys(), **window})  # type: ignore[assignment]
    else:
        raise ConfigError(
            f"channel_config is {channel!r}; allowed: a record such as channel_config('mobile'), NS3WifiConfig(...) or "
            "NS3WiFiChannelFastConfig(...)."
        )
    if record.action is not None:
        raise ConfigError("the channel has an action channel; wrap the environment in ActionChannelEnv instead.")
    return record, None if config is None else config.seed
