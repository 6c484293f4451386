"""Wi-Fi for whoever receives it well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import MISSING

from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.simulators.stats import Stats


@dataclass
class SignalSteeringConfig(AgentConfig):
    """Keys of conf/agent/signal_steering.yaml."""

    min_wifi_rate_mbps: float = MISSING

    def validate(self) -> None:
        super().validate()
        require(self.min_wifi_rate_mbps >= 0, "agent.min_wifi_rate_mbps", self.min_wifi_rate_mbps, "0 or more")


class SignalSteering(Rule[SignalSteeringConfig]):
    """What phones do: Wi-Fi as soon as its rate is good enough, else LTE."""

    config_schema = SignalSteeringConfig
    environments = ("qos_steer",)

    def decide(self, stats: Stats) -> Any:
        good = stats["wifi::dl::max_rate"] >= self.config.min_wifi_rate_mbps
        return self.adapter.action_for(np.where(good[:, None], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]))
