"""Multi-access traffic splitting: which share of each user's downlink goes over Wi-Fi, NR and LTE.

The observation has one row per measurement in `features` and one column per user; the action one row per user with the
weights of Wi-Fi, NR and LTE. After NetworkGym's `nqos_split` (Haider et al., NeurIPS 2024 Datasets and Benchmarks).
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.adapters import Adapter, is_empty
from netgym_cli.adapters._multi_access import LINKS, MultiAccessConfig
from netgym_cli.adapters._multi_access_checks import check_multi_access
from netgym_cli.config import require
from netgym_cli.errors import ActionError, ConfigError
from netgym_cli.simulators import Stats

RATE_FLOOR_MBPS = 0.01
RATE_CEILING_MBPS = 1000.0
OWD_FLOOR_MS = 1.0
OWD_CEILING_MS = 1000.0

# Every measurement with one value per user, its unit and the range that an observation of it is kept in.
_FLOW = {
    "rate": ("Mbit/s", 0, 1000), "tx_rate": ("Mbit/s", 0, 1000), "qos_rate": ("Mbit/s", 0, 1000),
    "owd": ("ms", 0, 10000), "max_owd": ("ms", 0, 10000),
}  # fmt: skip
_FLOW_ONLY = {
    "delay_violation": ("%", 0, 100), "delay_test_1_violation": ("%", 0, 100), "delay_test_2_violation": ("%", 0, 100),
    "loss": ("%", 0, 100), "missed_action": ("", 0, 1), "measurement_ok": ("", 0, 1),
}  # fmt: skip
_LINK_ONLY = {"traffic_ratio": ("%", 0, 100), "split_ratio": ("%", 0, 100)}
MEASUREMENTS: dict[str, tuple[str, float, float]] = {
    **{f"gma::dl::{name}": what for name, what in {**_FLOW, **_FLOW_ONLY}.items()},
    **{f"gma::{link}::dl::{name}": what for link in LINKS for name, what in {**_FLOW, **_LINK_ONLY}.items()},
    **{f"{link}::dl::max_rate": ("Mbit/s", 0, 1000) for link in LINKS},
    **{f"{link}::cell_id": ("", 0, 255) for link in LINKS},
    "lte::slice_id": ("", 0, 255),
    "lte::dl::rb_usage": ("%", 0, 100),
    "gma::x_loc": ("m", -1e5, 1e5),
    "gma::y_loc": ("m", -1e5, 1e5),
}
CELL_MEASUREMENTS = ("lte::dl::cell::max_rate", "lte::dl::cell::rb_usage")


class NqosSplitConfig(MultiAccessConfig):
    """The keys of conf/env/nqos_split.yaml."""

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        check_multi_access(self)
        require(self.reward in REWARDS, "env.reward", self.reward, ", ".join(REWARDS))
        require(len(self.features) >= 1, "env.features", self.features, "a list of one or more measurement names")
        for name in self.features:
            _require_measurement("env.features", name, list(MEASUREMENTS))
        for name in self.subscribed_network_stats or ():
            _require_measurement("env.subscribed_network_stats", name, [*MEASUREMENTS, *CELL_MEASUREMENTS])


class NqosSplit(Adapter[NqosSplitConfig]):
    """Splitting of N users' downlink over three links.

    observation: float32 of shape `(len(features), N)`, each row in the unit and range of its measurement; by default
        LTE max_rate, Wi-Fi max_rate and delivered rate, Mbit/s in [0, 1000].
    action: float32 of shape `(N, 3)` in [0, 1]: weights of Wi-Fi, NR, LTE, normalised per user. A row of zeros means
        all Wi-Fi; a link that does not exist takes no weight. Empty: equal shares over the existing links.
    """

    config_schema = NqosSplitConfig
    scenario = "nqos_split"
    action_labels = ("wifi weight", "nr weight", "lte weight")

    def __init__(self, config: NqosSplitConfig) -> None:
        super().__init__(config)
        self.subscription = config.subscribed_network_stats
        users = config.num_users
        bounds = np.array([MEASUREMENTS[name][1:] for name in config.features], dtype=np.float32)
        self.low = np.repeat(bounds[:, :1], users, axis=1)
        self.high = np.repeat(bounds[:, 1:], users, axis=1)
        self.observation_space = spaces.Box(self.low, self.high, dtype=np.float32)
        self.action_space = spaces.Box(0.0, 1.0, (users, len(LINKS)), np.float32)
        self.observation_labels = tuple(
            f"{name}, {MEASUREMENTS[name][0]}" if MEASUREMENTS[name][0] else name for name in config.features
        )

    @property
    def step_ms(self) -> float:
        return self.config.gma.measurement_interval_ms + self.config.gma.measurement_guard_interval_ms

    def observation(self, stats: Stats) -> np.ndarray:
        rows = np.array([stats[name] for name in self.config.features], dtype=np.float32)
        return np.clip(rows, self.low, self.high)

    def reward(self, stats: Stats) -> float:
        return REWARDS[self.config.reward](stats["gma::dl::rate"], stats["gma::dl::owd"])

    def policy(self, action: Any) -> np.ndarray | None:
        if is_empty(action):
            return None
        try:
            weights = np.array(action).astype(np.float64, casting="same_kind")
        except (TypeError, ValueError) as error:
            raise ActionError(f"action is {action!r}, which is no array of numbers from 0 to 1: {error}.") from error
        shape = self.action_space.shape
        if weights.shape != shape:
            raise ActionError(f"action has shape {weights.shape}; allowed: {shape} (users, Wi-Fi NR LTE), or empty.")
        if not np.isfinite(weights).all():
            raise ActionError(f"action holds NaN or infinity: {weights.tolist()}; allowed: weights from 0 to 1.")
        low, high = weights.min(), weights.max()
        if low < 0 or high > 1:
            raise ActionError(f"action ranges from {low} to {high}; allowed: weights from 0 to 1.")
        sums = weights.sum(axis=1, keepdims=True)
        all_wifi = np.array([1.0, 0.0, 0.0])
        return np.where(sums > 0, weights / np.where(sums > 0, sums, 1.0), all_wifi).ravel()

    def kpis(self, stats: Stats) -> dict[str, float]:
        rate, owd = stats["gma::dl::rate"], stats["gma::dl::owd"]
        kpis = {
            "rate_mbps": float(rate.mean()),
            "tx_rate_mbps": float(stats["gma::dl::tx_rate"].mean()),
            "qos_rate_mbps": float(stats["gma::dl::qos_rate"].mean()),
            "owd_ms": mean_owd_ms(owd),
            "max_owd_ms": float(stats["gma::dl::max_owd"].max()),
            "delay_violation_pct": float(stats["gma::dl::delay_violation"].mean()),
            "loss_pct": float(stats["gma::dl::loss"].mean()),
        }
        for link in LINKS:
            kpis[f"{link}_rate_mbps"] = float(stats[f"gma::{link}::dl::rate"].mean())
            kpis[f"{link}_split_pct"] = float(stats[f"gma::{link}::dl::split_ratio"].mean())
        return kpis


def mean_owd_ms(owd_ms: np.ndarray) -> float:
    """Mean one-way delay over the users that had traffic, ms; 0 if none had. A user without any reports 0."""
    busy = owd_ms[owd_ms > 0]
    return float(busy.mean()) if busy.size else 0.0


def utility(rate_mbps: np.ndarray, owd_ms: np.ndarray) -> float:
    """Rate against delay: 0.5 ln T - 0.5 ln D, in [-5.76, 3.45].

    T is the mean rate over users, kept in [0.01, 1000] Mbit/s; D the mean one-way delay over users with traffic, kept
    in [1, 1000] ms. A network that delivers (almost) nothing counts as having the longest delay, so it is worst of all;
    delays under a millisecond earn nothing more.
    """
    rate = float(rate_mbps.mean())
    owd = mean_owd_ms(owd_ms)
    if rate <= RATE_FLOOR_MBPS or owd == 0:
        owd = OWD_CEILING_MS
    rate = min(max(rate, RATE_FLOOR_MBPS), RATE_CEILING_MBPS)
    owd = min(max(owd, OWD_FLOOR_MS), OWD_CEILING_MS)
    return 0.5 * math.log(rate) - 0.5 * math.log(owd)


def utility_networkgym(rate_mbps: np.ndarray, owd_ms: np.ndarray) -> float:
    """NetworkGym's formula as it stands: clip(0.5 ln T - 0.5 ln D, -10, 10) of plain means over users.

    The logarithm of a number that is not positive counts as -10, and a user who received nothing enters the mean delay
    with -1 ms: a dead network scores 0. For comparison with its published results only.
    """
    rate = float(rate_mbps.mean())
    owd = float(np.where(rate_mbps > 0, owd_ms, -1.0).mean())
    logs = [math.log(value) if value > 0 else -10.0 for value in (rate, owd)]
    return min(max(0.5 * logs[0] - 0.5 * logs[1], -10.0), 10.0)


REWARDS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "utility": utility,
    "utility_networkgym": utility_networkgym,
}


def _require_measurement(key: str, name: str, known: list[str]) -> None:
    if name not in known:
        close = difflib.get_close_matches(name, known, 1, 0.4)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise ConfigError(f"{key} has {name!r}.{hint} Known: {', '.join(known)}.")
