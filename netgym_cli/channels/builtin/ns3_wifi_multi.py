"""Several Wi-Fi stations of ns-3 that share one receiver and compete for the medium: a port per station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netgym_cli.channels.ns3_wifi_radio import MOST_DISTANCE_M, WifiChannel, WifiKeys
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import SimulatorConfig, require


@dataclass
class Ns3WifiMultiConfig(WifiKeys):
    """The keys of conf/channel/ns3_wifi_multi.yaml."""

    stations: int = ranged(1, 50)
    distances_m: list[float] = ranged(above=0, high=MOST_DISTANCE_M)
    sector_deg: float = ranged(0, 360)

    @property
    def ports(self) -> int:
        return self.stations

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        allowed = f"one distance for all stations, or one for each of the {self.stations}"
        require(len(self.distances_m) in (1, self.stations), "channel.distances_m", self.distances_m, allowed)


class Ns3WifiMulti(WifiChannel):
    """Port i is station i; all of them send to the access point in the middle, by DCF, without RTS."""

    config_schema = Ns3WifiMultiConfig
    state = "NS3_WIFI_MULTI"

    def __init__(
        self,
        config: Ns3WifiMultiConfig,
        step_ms: float,
        simulator: SimulatorConfig | None = None,
        run_ahead: bool = True,
    ) -> None:
        self.ports = config.stations
        super().__init__(config, step_ms, simulator, run_ahead)

    def settings(self) -> dict[str, Any]:
        assert isinstance(self.config, Ns3WifiMultiConfig)
        distances_m = self.config.distances_m
        each = distances_m if len(distances_m) == self.ports else distances_m * self.ports
        return {**self.radio(), "distances_m": each, "sector_deg": self.config.sector_deg}
