"""An abstract 5G NR cell on ns-3's 3GPP path loss models: one user, downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netgym_cli.channels.base import DATA_SIZE, DeliveryConfig
from netgym_cli.channels.ns3_channel import Ns3Channel, own_settings
from netgym_cli.config.effect import read_unless
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import require

# The scenarios of TR 38.901 and the carrier frequencies for which ns-3 has them, GHz.
SCENARIOS = {
    "UMa": (0.5, 100),
    "UMi-StreetCanyon": (0.5, 100),
    "RMa": (0.5, 30),
    "InH-OfficeMixed": (0.5, 100),
    "InH-OfficeOpen": (0.5, 100),
}
SUBCARRIER_SPACINGS_KHZ = (15, 30, 60, 120)
MAX_PAYLOAD_BYTES = 9000 - 20 - 8  # the largest SDU of PDCP (3GPP TS 38.323, 4.3.1) has 9000 bytes


@dataclass
class Ns3NrConfig(DeliveryConfig):
    """The keys of conf/channel/ns3_nr.yaml."""

    packet_size_bytes: int | None = ranged(1, MAX_PAYLOAD_BYTES, null=DATA_SIZE)
    scenario: str = one_of(*SCENARIOS)
    distance_m: float = ranged(1, 10_000)
    tx_power_dbm: float = ranged(-50, 60)
    carrier_frequency_ghz: float = ranged(0.5, 100)
    resource_blocks: int = ranged(1, 275)  # TS 38.211, 4.4.4.2
    subcarrier_spacing_khz: int = one_of(*SUBCARRIER_SPACINGS_KHZ)
    fading_sigma_db: float = ranged(0, 30)
    fading_coherence_ms: float = read_unless("fading_sigma_db", 0, of=ranged(1e-3, 1e6))
    target_bler: float = ranged(0.001, 0.9)
    queue_bytes: int = ranged(10_000, 10**8)
    packet_lifetime_ms: float = ranged(1, 1e6)

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        low, high = SCENARIOS[self.scenario]
        carrier = self.carrier_frequency_ghz
        allowed = f"{low:g} to {high:g} GHz with {self.scenario}"
        require(low <= carrier <= high, "channel.carrier_frequency_ghz", carrier, allowed)


class Ns3Nr(Ns3Channel[Ns3NrConfig]):
    """Slots, transport blocks, link adaptation, HARQ and in-order delivery; not a packet-level PHY (see `NrCell`)."""

    config_schema = Ns3NrConfig
    scenario = "channel_nr"
    state = "NS3_NR"
    max_payload_bytes = MAX_PAYLOAD_BYTES

    @property
    def lifetime_ms(self) -> float:
        return self.config.packet_lifetime_ms

    def settings(self) -> dict[str, Any]:
        return own_settings(self.config, Ns3NrConfig)
