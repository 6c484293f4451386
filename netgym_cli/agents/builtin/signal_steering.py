"""Wi-Fi for whoever receives it well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class SignalSteeringConfig(AgentConfig):
    """Keys of conf/agent/signal_steering.yaml."""

    min_wifi_rate_mbps: float = ranged(0)


class SignalSteering(Rule[SignalSteeringConfig]):
    """What phones do: Wi-Fi as soon as its rate is good enough, else LTE."""

    config_schema = SignalSteeringConfig
    environments = ("qos_steer",)

    def decide(self, stats: Stats) -> Any:
        good = stats["wifi::dl::max_rate"] >= self.config.min_wifi_rate_mbps
        return self.adapter.action_for(np.where(good[:, None], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]))
