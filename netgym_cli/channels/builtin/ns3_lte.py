"""The LTE radio of ns-3 between one user and one base station, upwards or downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netgym_cli.channels.base import DATA_SIZE, DeliveryConfig
from netgym_cli.channels.ns3_channel import Ns3Channel, own_settings
from netgym_cli.channels.ns3_wifi_radio import MOST_DISTANCE_M
from netgym_cli.config.fields import one_of, ranged

DIRECTIONS = ("uplink", "downlink")
RESOURCE_BLOCKS = (6, 15, 25, 50, 75, 100)
SCHEDULERS = ("Pf", "Rr", "FdMt", "TdMt", "Tta", "FdBet", "TdBet")
MAX_PAYLOAD_BYTES = 1500 - 20 - 8  # one IP packet of the usual size; ns-3's RLC cannot carry one above 2047 bytes


@dataclass
class Ns3LteConfig(DeliveryConfig):
    """The keys of conf/channel/ns3_lte.yaml."""

    packet_size_bytes: int | None = ranged(1, MAX_PAYLOAD_BYTES, null=DATA_SIZE)
    direction: str = one_of(*DIRECTIONS)
    distance_m: float = ranged(above=0, high=MOST_DISTANCE_M)
    tx_power_dbm: float = ranged(-50, 60)
    user_tx_power_dbm: float = ranged(-50, 60)
    loss_exponent: float = ranged(1, 8)
    reference_loss_db: float = ranged(0, 150)
    fading_coherence_ms: float = ranged(0, 1e6, note="0: no fading")
    resource_blocks: int = one_of(*RESOURCE_BLOCKS)
    scheduler: str = one_of(*SCHEDULERS)
    rlc_buffer_bytes: int = ranged(2000, 10**8)
    packet_lifetime_ms: float = ranged(1, 1e6)


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
        return own_settings(self.config, Ns3LteConfig)
