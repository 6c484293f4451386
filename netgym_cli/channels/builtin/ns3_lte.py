"""The LTE radio of ns-3 between one user and one base station, upwards or downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.channels.ns3_channel import Ns3Channel
from netgym_cli.channels.ns3_wifi_radio import require_distance, require_payload, require_radio
from netgym_cli.config.schema import plain, require

DIRECTIONS = ("uplink", "downlink")
RESOURCE_BLOCKS = (6, 15, 25, 50, 75, 100)
SCHEDULERS = ("Pf", "Rr", "FdMt", "TdMt", "Tta", "FdBet", "TdBet")
MAX_PAYLOAD_BYTES = 1500 - 20 - 8  # one IP packet of the usual size; ns-3's RLC cannot carry one above 2047 bytes


@dataclass
class Ns3LteConfig(DeliveryConfig):
    """The keys of conf/channel/ns3_lte.yaml."""

    direction: str = MISSING
    distance_m: float = MISSING
    tx_power_dbm: float = MISSING
    user_tx_power_dbm: float = MISSING
    loss_exponent: float = MISSING
    reference_loss_db: float = MISSING
    fading_coherence_ms: float = MISSING
    resource_blocks: int = MISSING
    scheduler: str = MISSING
    rlc_buffer_bytes: int = MISSING
    packet_lifetime_ms: float = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        require_distance("channel.distance_m", self.distance_m)
        require_radio(self.tx_power_dbm, self.loss_exponent, self.reference_loss_db)
        require_payload(self.packet_size_bytes, MAX_PAYLOAD_BYTES)
        power, fading = self.user_tx_power_dbm, self.fading_coherence_ms
        require(-50 <= power <= 60, "channel.user_tx_power_dbm", power, "-50 to 60 dBm")
        require(0 <= fading <= 1e6, "channel.fading_coherence_ms", fading, "0 to 1000000 ms; 0: no fading")
        for key, known in {
            "direction": DIRECTIONS,
            "scheduler": SCHEDULERS,
            "resource_blocks": RESOURCE_BLOCKS,
        }.items():
            value = getattr(self, key)
            require(value in known, f"channel.{key}", value, " | ".join(map(str, known)))
        buffer, lifetime = self.rlc_buffer_bytes, self.packet_lifetime_ms
        require(2000 <= buffer <= 10**8, "channel.rlc_buffer_bytes", buffer, "2000 to 100000000 bytes")
        require(1 <= lifetime <= 1e6, "channel.packet_lifetime_ms", lifetime, "1 to 1000000 ms")


class Ns3Lte(Ns3Channel[Ns3LteConfig]):
    """PDCP, RLC in unacknowledged mode, MAC with HARQ, and PHY of ns-3's LTE module, by itself: no core, no IP."""

    config_schema = Ns3LteConfig
    scenario = "channel_lte"
    state = "NS3_LTE"
    max_payload_bytes = MAX_PAYLOAD_BYTES

    @property
    def lifetime_ms(self) -> float:
        return self.config.packet_lifetime_ms

    def settings(self) -> dict[str, Any]:
        keys = plain(self.config)
        return {name: keys[name] for name in Ns3LteConfig.__annotations__}
