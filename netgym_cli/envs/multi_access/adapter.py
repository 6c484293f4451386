"""What all environments on the multi-access network share: features per user, key performance indicators, a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

import numpy as np
from gymnasium import spaces

from netgym_cli.envs.base import Adapter
from netgym_cli.envs.last_axis import PerNetwork, mean, mean_where, number
from netgym_cli.envs.measurements import Measurements, labels, require_known
from netgym_cli.envs.multi_access import features
from netgym_cli.envs.multi_access.config import LINKS, MultiAccessConfig
from netgym_cli.envs.multi_access.measurements import PER_SLICE, PER_USER
from netgym_cli.simulators.stats import Stats

M = TypeVar("M", bound=MultiAccessConfig)


class MultiAccessAdapter(Adapter[M]):
    """The observation has one row per measurement in `features` and one column per user or slice, clipped to its range.

    Attributes:
        measured: what a feature can be, with unit and range.
        feature_sets: the sets that `features` can name.
        rows: what each row is, and whether it is scaled.
    """

    batched: ClassVar[bool] = True
    measured: ClassVar[Measurements] = features.KNOWN_PER_USER
    feature_sets: ClassVar[Mapping[str, features.FeatureSet]]
    entities = "users"
    observation_space: spaces.Box

    def __init__(self, config: M) -> None:
        super().__init__(config)
        self.subscription = config.subscribed_network_stats
        self.rows = features.chosen(config.features, self.feature_sets)
        what = [self.measured[name] for name in self.rows.names]
        self.observation_labels = labels(self.rows.names, self.measured)
        bounds = np.array([limits for _, *limits in what], dtype=np.float32)
        low, high = (np.repeat(bounds[:, side : side + 1], self.columns, axis=1) for side in (0, 1))
        self._low, self._high = low, high
        if self.rows.scaled:
            self.observation_labels = tuple(map(features.scaled_label, self.rows.names, what))
            low, high = np.zeros_like(low), np.ones_like(high)
        self.observation_space = spaces.Box(low, high, dtype=np.float32)

    @property
    def columns(self) -> int:
        """Columns of the observation."""
        return self.config.num_users

    def feature(self, stats: Stats, name: str) -> np.ndarray:
        """A row of the observation in its own unit, float64 of shape `(..., columns)`."""
        if name in features.DERIVED:
            _, derive = features.DERIVED[name]
            return derive(stats, self.config)
        return stats[name]

    @property
    def step_ms(self) -> float:
        return self.config.gma.measurement_interval_ms + self.config.gma.measurement_guard_interval_ms

    def observation(self, stats: Stats) -> np.ndarray:
        rows = np.stack([self.feature(stats, name) for name in self.rows.names], axis=-2)
        clipped = np.clip(rows.astype(np.float32), self._low, self._high)
        if not self.rows.scaled:
            return clipped
        shown = [features.scaled(clipped[..., k, :], self.measured[name]) for k, name in enumerate(self.rows.names)]
        return np.asarray(np.stack(shown, axis=-2), np.float32)

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


def check_names(config: MultiAccessConfig, known: Measurements = features.KNOWN_PER_USER) -> None:
    """Raises `ConfigError` for a feature or a subscribed measurement that does not exist."""
    if not isinstance(config.features, str):
        require_known("env.features", config.features, list(known))
    require_known("env.subscribed_network_stats", config.subscribed_network_stats or (), [*PER_USER, *PER_SLICE])


def mean_owd_ms(owd_ms: np.ndarray) -> PerNetwork:
    """Mean one-way delay over the users that had traffic, ms; 0 if none had. A user without any reports 0."""
    return mean_where(owd_ms > 0, owd_ms)
