"""N users choose their sending rates and share one bottleneck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from netgym_cli.adapters import Adapter, box_action, is_empty
from omegaconf import MISSING

from netgym_cli.config import EnvConfig, require
from netgym_cli.simulators import Stats


@dataclass
class StadiumCppConfig(EnvConfig):
    """The keys of env/stadium_cpp.yaml: types only, the YAML holds the values."""

    measurement_start_time_ms: float = MISSING
    measurement_interval_ms: float = MISSING
    measurement_guard_interval_ms: float = MISSING
    max_wait_time_for_action_ms: int = MISSING
    num_users: int = MISSING
    bottleneck_mbps: float = MISSING
    bottleneck_delay_ms: float = MISSING
    queue_packets: int = MISSING
    packet_size_bytes: int = MISSING
    max_rate_mbps: float = MISSING
    min_rate_mbps: float = MISSING
    default_load: float = MISSING
    delay_weight: float = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        for key, low, high in (
            ("measurement_start_time_ms", 0, 1e9),
            ("measurement_interval_ms", 1, 1e9),
            ("measurement_guard_interval_ms", 0, 1e9),
            ("num_users", 1, 50),
            ("bottleneck_mbps", 0.01, 10000),
            ("bottleneck_delay_ms", 0, 10000),
            ("queue_packets", 1, 10**6),
            ("packet_size_bytes", 64, 1400),
            ("max_rate_mbps", 0.01, 1000),
            ("min_rate_mbps", 0.01, self.max_rate_mbps),
            ("default_load", 0.01, 100),
            ("delay_weight", 0, 1000),
        ):
            value = getattr(self, key)
            require(low <= value <= high, f"env.{key}", value, f"{low:g} to {high:g}")


class StadiumCpp(Adapter[StadiumCppConfig]):
    """Rate control of N users over one bottleneck.

    observation: float32 of shape (3, N): delivered rate, one-way delay and loss of each user in the last interval.
    action: float32 of shape (N,) in [0, 1]: sending rate as a fraction of `max_rate_mbps`. Empty: equal shares.
    """

    config_schema = StadiumCppConfig
    action_space: spaces.Box
    scenario = "stadium_cpp"
    scenario_source = "stadium_cpp.cc"
    observation_labels = ("rate, Mbit/s", "one-way delay, ms", "loss, %")
    action_labels = ("sending rate / max_rate_mbps",)

    def __init__(self, config: StadiumCppConfig) -> None:
        super().__init__(config)
        self.high = np.repeat(np.array([[1000.0], [10000.0], [100.0]], np.float32), config.num_users, axis=1)
        self.observation_space = spaces.Box(np.zeros_like(self.high), self.high, dtype=np.float32)
        self.action_space = spaces.Box(0.0, 1.0, (config.num_users,), np.float32)

    @property
    def step_ms(self) -> float:
        return self.config.measurement_interval_ms + self.config.measurement_guard_interval_ms

    def observation(self, stats: Stats) -> np.ndarray:
        rows = [stats["stadium_cpp::rate"], stats["stadium_cpp::owd"], stats["stadium_cpp::loss"]]
        return np.clip(np.array(rows, np.float32), 0.0, self.high)

    def reward(self, stats: Stats) -> float:
        """Proportional fairness minus delay: mean of ln(rate in Mbit/s, at least 0.01) - delay_weight * mean delay."""
        fairness = np.log(np.maximum(stats["stadium_cpp::rate"], 0.01)).mean()
        return float(fairness - self.config.delay_weight * stats["stadium_cpp::owd"].mean())

    def policy(self, action: Any) -> np.ndarray | None:
        """Sending rate of every user, Mbit/s."""
        if is_empty(action):
            return None
        return np.maximum(box_action(action, self.action_space) * self.config.max_rate_mbps, self.config.min_rate_mbps)

    def in_force(self, action: Any, stats: Stats) -> np.ndarray:
        """Sending rates as fractions of `max_rate_mbps`; by default equal shares of `default_load` bottlenecks."""
        config = self.config
        if is_empty(action):
            rates = np.full(config.num_users, config.default_load * config.bottleneck_mbps / config.num_users)
        else:
            rates = self.policy(action)  # type: ignore[assignment]
        return np.asarray(np.clip(rates / config.max_rate_mbps, 0, 1), np.float32)

    def kpis(self, stats: Stats) -> dict[str, float]:
        return {
            "rate_mbps": float(stats["stadium_cpp::rate"].mean()),
            "tx_rate_mbps": float(stats["stadium_cpp::tx_rate"].mean()),
            "owd_ms": float(stats["stadium_cpp::owd"].mean()),
            "loss_pct": float(stats["stadium_cpp::loss"].mean()),
        }
