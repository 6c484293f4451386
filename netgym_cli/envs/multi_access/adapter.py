"""What all environments on the multi-access network share: features per user, key performance indicators, a step."""

from __future__ import annotations

from typing import ClassVar, TypeVar

import numpy as np
from gymnasium import spaces

from netgym_cli.config.schema import require
from netgym_cli.envs.base import Adapter
from netgym_cli.envs.last_axis import PerNetwork, mean, mean_where, number
from netgym_cli.envs.measurements import Measurements, labels, require_known
from netgym_cli.envs.multi_access.config import LINKS, MultiAccessConfig
from netgym_cli.envs.multi_access.measurements import PER_SLICE, PER_USER
from netgym_cli.simulators.stats import Stats

M = TypeVar("M", bound=MultiAccessConfig)


class MultiAccessAdapter(Adapter[M]):
    """The observation has one row per measurement in `features` and one column per user or slice, clipped to its range.

    Attributes:
        measured: the measurements that a feature can be, with unit and range.
    """

    batched: ClassVar[bool] = True
    measured: ClassVar[Measurements] = PER_USER
    observation_space: spaces.Box

    def __init__(self, config: M) -> None:
        super().__init__(config)
        self.subscription = config.subscribed_network_stats
        self.observation_labels = labels(config.features, self.measured)
        bounds = np.array([self.measured[name][1:] for name in config.features], dtype=np.float32)
        low, high = (np.repeat(bounds[:, side : side + 1], self.columns, axis=1) for side in (0, 1))
        self.observation_space = spaces.Box(low, high, dtype=np.float32)

    @property
    def columns(self) -> int:
        """Columns of the observation."""
        return self.config.num_users

    def feature(self, stats: Stats, name: str) -> np.ndarray:
        """A measurement of every column's entity, float64 of shape `(..., columns)`."""
        return stats[name]

    @property
    def step_ms(self) -> float:
        return self.config.gma.measurement_interval_ms + self.config.gma.measurement_guard_interval_ms

    def observation(self, stats: Stats) -> np.ndarray:
        rows = np.stack([self.feature(stats, name) for name in self.config.features], axis=-2).astype(np.float32)
        return np.clip(rows, self.observation_space.low, self.observation_space.high)

    def per_link(self, stats: Stats, name: str) -> np.ndarray:
        """A measurement of every user on Wi-Fi, NR and LTE, float64 of shape `(..., N, 3)`."""
        return per_link(stats, f"gma::{{}}::dl::{name}")

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        kpis = {
            "rate_mbps": mean(stats["gma::dl::rate"]),
            "owd_ms": mean_owd_ms(stats["gma::dl::owd"]),
            "loss_pct": mean(stats["gma::dl::loss"]),
            "delay_violation_pct": mean(stats["gma::dl::delay_violation"]),
            "qos_rate_mbps": mean(stats["gma::dl::qos_rate"]),
            "tx_rate_mbps": mean(stats["gma::dl::tx_rate"]),
            "max_owd_ms": number(stats["gma::dl::max_owd"].max(axis=-1)),
        }
        for link in LINKS:
            kpis[f"{link}_rate_mbps"] = mean(stats[f"gma::{link}::dl::rate"])
            kpis[f"{link}_split_pct"] = mean(stats[f"gma::{link}::dl::split_ratio"])
        return kpis


def per_link(stats: Stats, pattern: str) -> np.ndarray:
    """A measurement of every link, shape `(..., users, 3)`; `pattern` has {} where the link's name goes."""
    return np.stack([stats[pattern.format(link)] for link in LINKS], axis=-1)


def check_names(config: MultiAccessConfig, features: Measurements = PER_USER) -> None:
    """Raises `ConfigError` for a feature or a subscribed measurement that does not exist."""
    require(len(config.features) >= 1, "env.features", config.features, "a list of one or more measurement names")
    require_known("env.features", config.features, list(features))
    require_known("env.subscribed_network_stats", config.subscribed_network_stats or (), [*PER_USER, *PER_SLICE])


def mean_owd_ms(owd_ms: np.ndarray) -> PerNetwork:
    """Mean one-way delay over the users that had traffic, ms; 0 if none had. A user without any reports 0."""
    return mean_where(owd_ms > 0, owd_ms)
