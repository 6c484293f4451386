"""What all environments on the multi-access network share: features per user, key performance indicators, a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

import numpy as np
from gymnasium import spaces

from netgym_cli.envs.base import Adapter
from netgym_cli.envs.gathered import Gathered, Means
from netgym_cli.envs.last_axis import PerNetwork, mean_where, number
from netgym_cli.envs.measurements import Measurements, labels, require_known
from netgym_cli.envs.multi_access import features
from netgym_cli.envs.multi_access.config import LINKS, MultiAccessConfig
from netgym_cli.envs.multi_access.measurements import PER_SLICE, PER_USER
from netgym_cli.simulators.stats import Stats

# Key figures that are means over users, and what each is the mean of.
MEANS = {
    "rate_mbps": "gma::dl::rate",
    "loss_pct": "gma::dl::loss",
    "delay_violation_pct": "gma::dl::delay_violation",
    "qos_rate_mbps": "gma::dl::qos_rate",
    "tx_rate_mbps": "gma::dl::tx_rate",
    **{f"{link}_rate_mbps": f"gma::{link}::dl::rate" for link in LINKS},
    **{f"{link}_split_pct": f"gma::{link}::dl::split_ratio" for link in LINKS},
}
KPIS = (
    *("rate_mbps", "owd_ms", "loss_pct", "delay_violation_pct", "qos_rate_mbps", "tx_rate_mbps", "max_owd_ms"),
    *(f"{link}_{figure}" for link in LINKS for figure in ("rate_mbps", "split_pct")),
)
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
        derived = any(name in features.DERIVED for name in self.rows.names)
        derived = derived or type(self).feature is not MultiAccessAdapter.feature
        self._observed = None if derived else Gathered(self.rows.names)
        self._means = Means(tuple(MEANS.values()))
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
        rows = self._observed(stats) if self._observed is not None else None
        if rows is None:
            rows = np.stack([self.feature(stats, name) for name in self.rows.names], axis=-2)
        clipped: np.ndarray = rows.astype(np.float32).clip(self._low, self._high)
        if not self.rows.scaled:
            return clipped
        shown = [features.scaled(clipped[..., k, :], self.measured[name]) for k, name in enumerate(self.rows.names)]
        return np.asarray(np.stack(shown, axis=-2), np.float32)

    def per_link(self, stats: Stats, name: str) -> np.ndarray:
        """A measurement of every user on Wi-Fi, NR and LTE, float64 of shape `(..., N, 3)`."""
        return per_link(stats, f"gma::{{}}::dl::{name}")

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        kpis = dict.fromkeys(KPIS) | dict(zip(MEANS, self._means(stats), strict=True))
        kpis["owd_ms"] = mean_owd_ms(stats["gma::dl::owd"])
        kpis["max_owd_ms"] = number(np.maximum.reduce(stats["gma::dl::max_owd"], axis=-1))
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
