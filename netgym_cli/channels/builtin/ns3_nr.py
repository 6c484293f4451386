"""An abstract 5G NR cell on ns-3's 3GPP path loss models: one user, downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.channels.ns3_channel import Ns3Channel
from netgym_cli.channels.ns3_wifi_radio import require_payload
from netgym_cli.config.schema import plain, require

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

    scenario: str = MISSING
    distance_m: float = MISSING
    tx_power_dbm: float = MISSING
    carrier_frequency_ghz: float = MISSING
    resource_blocks: int = MISSING
    subcarrier_spacing_khz: int = MISSING
    fading_sigma_db: float = MISSING
    fading_coherence_ms: float = MISSING
    target_bler: float = MISSING
    queue_bytes: int = MISSING
    packet_lifetime_ms: float = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        require_payload(self.packet_size_bytes, MAX_PAYLOAD_BYTES)
        require(self.scenario in SCENARIOS, "channel.scenario", self.scenario, " | ".join(SCENARIOS))
        low, high = SCENARIOS[self.scenario]
        spacing = self.subcarrier_spacing_khz
        known = " | ".join(map(str, SUBCARRIER_SPACINGS_KHZ))
        require(spacing in SUBCARRIER_SPACINGS_KHZ, "channel.subcarrier_spacing_khz", spacing, known)
        for key, least, most, unit in (
            ("distance_m", 1, 10_000, "m"),
            ("tx_power_dbm", -50, 60, "dBm"),
            ("carrier_frequency_ghz", low, high, f"GHz with {self.scenario}"),
            ("resource_blocks", 1, 275, "(TS 38.211, 4.4.4.2)"),
            ("fading_sigma_db", 0, 30, "dB"),
            ("fading_coherence_ms", 1e-3, 1e6, "ms"),
            ("target_bler", 0.001, 0.9, ""),
            ("queue_bytes", 10_000, 10**8, "bytes"),
            ("packet_lifetime_ms", 1, 1e6, "ms"),
        ):
            value = getattr(self, key)
            require(least <= value <= most, f"channel.{key}", value, f"{least:g} to {most:.10g} {unit}".strip())


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
        keys = plain(self.config)
        return {name: keys[name] for name in Ns3NrConfig.__annotations__}
