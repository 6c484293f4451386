"""Wi-Fi for as many users as its airtime carries, the cheapest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class AirtimeSteeringConfig(AgentConfig):
    """Keys of conf/agent/airtime_steering.yaml."""

    max_airtime: float = ranged(above=0, high=1)


class AirtimeSteering(Rule[AirtimeSteeringConfig]):
    """A user needs offered rate / PHY rate of its access point's airtime; each access point is filled up to a limit."""

    config_schema = AirtimeSteeringConfig
    environments = ("qos_steer",)

    def decide(self, stats: Stats) -> Any:
        phy_rate, cell = stats["wifi::dl::max_rate"], stats["wifi::cell_id"]
        airtime = np.where(phy_rate > 0, stats["gma::dl::tx_rate"] / np.maximum(phy_rate, 1e-9), np.inf)
        weights = np.tile([0.0, 0.0, 1.0], (len(airtime), 1))
        used: dict[float, float] = {}
        for user in np.argsort(airtime, kind="stable"):
            total = used.get(cell[user], 0.0) + airtime[user]
            if total <= self.config.max_airtime:
                used[cell[user]] = total
                weights[user] = [1.0, 0.0, 0.0]
        return self.adapter.action_for(weights)
