"""N users choose their sending rates and share one bottleneck; the template of `netgym new env`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import EnvConfig, require
from netgym_cli.envs.base import Adapter, box_action, is_empty
from netgym_cli.envs.last_axis import PerNetwork, logarithm, mean
from netgym_cli.simulators.stats import Stats


@dataclass
class CustomConfig(EnvConfig):
    """The keys of conf/env/custom.yaml: types and what is allowed; the YAML holds the values."""

    measurement_start_time_ms: float = ranged(0, 10**9)
    measurement_interval_ms: float = ranged(1, 10**9)
    measurement_guard_interval_ms: float = ranged(0, 10**9)
    max_wait_time_for_action_ms: int = MISSING
    num_users: int = ranged(1, 50)
    bottleneck_mbps: float = ranged(0.01, 10000)
    bottleneck_delay_ms: float = ranged(0, 10000)
    queue_packets: int = ranged(1, 10**6)
    packet_size_bytes: int = ranged(64, 1400)
    max_rate_mbps: float = ranged(0.01, 1000)
    min_rate_mbps: float = ranged(0.01, 1000)
    default_load: float = ranged(0.01, 100)
    delay_weight: float = ranged(0, 1000)

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        allowed = f"at most max_rate_mbps, which is {self.max_rate_mbps:g}"
        require(self.min_rate_mbps <= self.max_rate_mbps, "env.min_rate_mbps", self.min_rate_mbps, allowed)


class Custom(Adapter[CustomConfig]):
    """Rate control of N users over one bottleneck.

    observation: float32 of shape (3, N): delivered rate, one-way delay and loss of each user in the last interval.
    action: float32 of shape (N,) in [0, 1]: sending rate as a fraction of `max_rate_mbps`. Empty: equal shares.
    """

    config_schema = CustomConfig
    action_space: spaces.Box
    scenario = "custom"
    batched: ClassVar[bool] = True
    observation_labels = ("rate, Mbit/s", "one-way delay, ms", "loss, %")
    action_labels = ("sending rate / max_rate_mbps",)

    def __init__(self, config: CustomConfig) -> None:
        super().__init__(config)
        self.high = np.repeat(np.array([[1000.0], [10000.0], [100.0]], np.float32), config.num_users, axis=1)
        self.observation_space = spaces.Box(np.zeros_like(self.high), self.high, dtype=np.float32)
        self.action_space = spaces.Box(0.0, 1.0, (config.num_users,), np.float32)

    @property
    def step_ms(self) -> float:
        return self.config.measurement_interval_ms + self.config.measurement_guard_interval_ms

    def observation(self, stats: Stats) -> np.ndarray:
        rows = [stats["custom::rate"], stats["custom::owd"], stats["custom::loss"]]
        return np.clip(np.stack(rows, axis=-2).astype(np.float32), 0.0, self.high)

    def reward(self, stats: Stats) -> PerNetwork:
        """Proportional fairness minus delay: mean of ln(rate in Mbit/s, at least 0.01) - delay_weight * mean delay."""
        fairness = mean(logarithm(np.maximum(stats["custom::rate"], 0.01)))
        return fairness - self.config.delay_weight * mean(stats["custom::owd"])

    def encode_action(self, action: Any) -> np.ndarray | None:
        """Sending rate of every user, Mbit/s."""
        if is_empty(action):
            return None
        return np.maximum(
            box_action(action, self.action_space, many=True) * self.config.max_rate_mbps, self.config.min_rate_mbps
        )

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        """Sending rates as fractions of `max_rate_mbps`; by default equal shares of `default_load` bottlenecks."""
        config = self.config
        if is_empty(action):
            rates = np.full(config.num_users, config.default_load * config.bottleneck_mbps / config.num_users)
        else:
            rates = self.encode_action(action)  # type: ignore[assignment]
        return np.asarray(np.clip(rates / config.max_rate_mbps, 0, 1), np.float32)

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        return {
            "rate_mbps": mean(stats["custom::rate"]),
            "tx_rate_mbps": mean(stats["custom::tx_rate"]),
            "owd_ms": mean(stats["custom::owd"]),
            "loss_pct": mean(stats["custom::loss"]),
        }
