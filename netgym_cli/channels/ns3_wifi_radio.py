"""What the Wi-Fi channels share: the radio, the MAC and the stations that interfere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.channels.fragments import MAX_UDP_PAYLOAD_BYTES
from netgym_cli.channels.ns3_channel import Ns3Channel
from netgym_cli.config.schema import plain, require

DATA_RATES_MBPS = (6, 9, 12, 18, 24, 36, 48, 54)
# An MSDU of 802.11 has at most 2304 bytes (IEEE 802.11-2020, 9.2.4.7.1), of which LLC/SNAP takes 8, IPv4 20, UDP 8.
FRAME_PAYLOAD_BYTES = 2304 - 8 - 20 - 8
MOST_INTERFERENCE_PPS = 10_000  # of one station: about what the medium carries of the shortest frames


@dataclass
class WifiKeys(DeliveryConfig):
    """Keys of every Wi-Fi channel; conf/channel/ns3_wifi.yaml gives meanings and units."""

    tx_power_dbm: float = MISSING
    loss_exponent: float = MISSING
    reference_loss_db: float = MISSING
    data_rate_mbps: int = MISSING
    max_retries: int = MISSING
    interferers: int = MISSING
    interferer_distance_m: float = MISSING
    interferer_rate_mbps: float = MISSING
    interferer_packet_bytes: int = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        require_radio(self.tx_power_dbm, self.loss_exponent, self.reference_loss_db)
        require_payload(self.packet_size_bytes, MAX_UDP_PAYLOAD_BYTES)
        rates = " | ".join(map(str, DATA_RATES_MBPS))
        require(self.data_rate_mbps in DATA_RATES_MBPS, "channel.data_rate_mbps", self.data_rate_mbps, rates)
        require(1 <= self.max_retries <= 1000, "channel.max_retries", self.max_retries, "1 to 1000 attempts")
        require(0 <= self.interferers <= 50, "channel.interferers", self.interferers, "0 to 50")
        require_distance("channel.interferer_distance_m", self.interferer_distance_m)
        rate, size = self.interferer_rate_mbps, self.interferer_packet_bytes
        require(0 < rate <= 54, "channel.interferer_rate_mbps", rate, "above 0, to 54 Mbit/s")
        allowed = f"1 to {FRAME_PAYLOAD_BYTES} bytes"
        require(1 <= size <= FRAME_PAYLOAD_BYTES, "channel.interferer_packet_bytes", size, allowed)
        least = math.ceil(rate * 1e6 / 8 / MOST_INTERFERENCE_PPS)
        allowed = f"{least} or more at {rate:g} Mbit/s, so that it sends {MOST_INTERFERENCE_PPS} packets/s at most"
        require(size >= least, "channel.interferer_packet_bytes", size, allowed)


class WifiChannel(Ns3Channel[WifiKeys]):
    """Stations that send to one receiver over 802.11a."""

    scenario = "channel_wifi"
    max_payload_bytes = MAX_UDP_PAYLOAD_BYTES
    frame_payload_bytes = FRAME_PAYLOAD_BYTES

    def radio(self) -> dict[str, Any]:
        """The settings of the scenario but for the stations' places."""
        keys = plain(self.config)
        return {name: keys[name] for name in WifiKeys.__annotations__}


def require_distance(key: str, distance_m: float) -> None:
    """Raises `ConfigError` for a distance that no link has."""
    require(0 < distance_m <= 100_000, key, distance_m, "above 0, to 100000 m")


def require_radio(tx_power_dbm: float, loss_exponent: float, reference_loss_db: float) -> None:
    """Raises `ConfigError` for a power or a path loss out of range."""
    require(-50 <= tx_power_dbm <= 60, "channel.tx_power_dbm", tx_power_dbm, "-50 to 60 dBm")
    require(1 <= loss_exponent <= 8, "channel.loss_exponent", loss_exponent, "1 to 8")
    require(0 <= reference_loss_db <= 150, "channel.reference_loss_db", reference_loss_db, "0 to 150 dB")


def require_payload(size_bytes: int | None, most: int) -> None:
    """Raises `ConfigError` for a packet that the channel cannot carry."""
    allowed = f"1 to {most}, or null for the data's size"
    require(size_bytes is None or 1 <= size_bytes <= most, "channel.packet_size_bytes", size_bytes, allowed)
