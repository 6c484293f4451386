"""One Wi-Fi link of ns-3: a station sends to a receiver over 802.11a."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netgym_cli.channels.ns3_wifi_radio import MOST_DISTANCE_M, WifiChannel, WifiKeys
from netgym_cli.config.fields import ranged


@dataclass
class Ns3WifiConfig(WifiKeys):
    """The keys of conf/channel/ns3_wifi.yaml."""

    distance_m: float = ranged(above=0, high=MOST_DISTANCE_M)


class Ns3Wifi(WifiChannel):
    """Frames of ns-3's `AdhocWifiMac` over `YansWifiPhy`, at one fixed rate; MAC state lasts from step to step."""

    config_schema = Ns3WifiConfig
    state = "NS3_WIFI"

    def settings(self) -> dict[str, Any]:
        assert isinstance(self.config, Ns3WifiConfig)
        return {**self.radio(), "distances_m": [self.config.distance_m], "sector_deg": 0.0}
