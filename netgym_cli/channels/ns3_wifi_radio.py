"""What the Wi-Fi channels share: the radio, the MAC and the stations that interfere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from netgym_cli.channels.base import DATA_SIZE, DeliveryConfig
from netgym_cli.channels.fragments import MAX_UDP_PAYLOAD_BYTES
from netgym_cli.channels.ns3_channel import Ns3Channel, own_settings
from netgym_cli.config.effect import read_unless
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import require

DATA_RATES_MBPS = (6, 9, 12, 18, 24, 36, 48, 54)
# An MSDU of 802.11 has at most 2304 bytes (IEEE 802.11-2020, 9.2.4.7.1), of which LLC/SNAP takes 8, IPv4 20, UDP 8.
FRAME_PAYLOAD_BYTES = 2304 - 8 - 20 - 8
MOST_DISTANCE_M = 100_000
MOST_INTERFERENCE_PPS = 10_000  # of one station: about what the medium carries of the shortest frames


@dataclass
class WifiKeys(DeliveryConfig):
    """Keys of every Wi-Fi channel; conf/channel/ns3_wifi.yaml gives meanings and units."""

    packet_size_bytes: int | None = ranged(1, MAX_UDP_PAYLOAD_BYTES, null=DATA_SIZE)
    tx_power_dbm: float = ranged(-50, 60)
    loss_exponent: float = ranged(1, 8)
    reference_loss_db: float = ranged(0, 150)
    data_rate_mbps: int = one_of(*DATA_RATES_MBPS)
    max_retries: int = ranged(1, 1000)
    interferers: int = ranged(0, 50)
    interferer_distance_m: float = read_unless("interferers", 0, of=ranged(above=0, high=MOST_DISTANCE_M))
    interferer_rate_mbps: float = read_unless("interferers", 0, of=ranged(above=0, high=54))
    interferer_packet_bytes: int = read_unless("interferers", 0, of=ranged(1, FRAME_PAYLOAD_BYTES))

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        rate, size = self.interferer_rate_mbps, self.interferer_packet_bytes
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
        return own_settings(self.config, WifiKeys)
