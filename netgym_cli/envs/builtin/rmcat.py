"""Real-time media congestion control: how fast each media flow sends into a bottleneck that changes.

The observation has one row per measurement in `features` and one column per media flow; the action is one sending rate
per media flow. After NetworkGym's `rmcat` (Haider et al., NeurIPS 2024 Datasets and Benchmarks).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from netgym_cli.config.fields import one_of
from netgym_cli.config.schema import plain, require
from netgym_cli.envs.base import Adapter, box_action, is_empty
from netgym_cli.envs.last_axis import PerNetwork, logarithm, mean, mean_where, number
from netgym_cli.envs.measurements import labels, require_known
from netgym_cli.envs.media.config import RmcatKeys
from netgym_cli.simulators.stats import Stats

# Every measurement with one value per media flow, its unit and the range that an observation of it is kept in.
MEASUREMENTS: dict[str, tuple[str, float, float]] = {
    "rmcat::loglen": ("packets", 0, 1e6),
    "rmcat::qdel": ("ms", 0, 10000),
    "rmcat::rtt": ("ms", 0, 10000),
    "rmcat::owd": ("ms", 0, 10000),
    "rmcat::max_owd": ("ms", 0, 10000),
    "rmcat::ploss": ("packets", 0, 1e6),
    "rmcat::plr": ("", 0, 1),
    "rmcat::xcurr": ("ms", 0, 1e6),
    "rmcat::rrate": ("kbit/s", 0, 200000),
    "rmcat::srate": ("kbit/s", 0, 200000),
    "rmcat::nada_srate": ("kbit/s", 0, 200000),
    "rmcat::avgint": ("packets", 0, 1e7),
    "rmcat::curint": ("packets", 0, 1e7),
}
BOTTLENECK_MEASUREMENTS = tuple(f"bottleneck::{name}" for name in "bw delay loss queue tx_rate utilization".split())


@dataclass
class RmcatConfig(RmcatKeys):
    """The keys of conf/env/rmcat.yaml."""

    reward: str = one_of(lambda: REWARDS)

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        require(len(self.features) >= 1, "env.features", self.features, "a list of one or more measurement names")
        require_known("env.features", self.features, MEASUREMENTS)
        subscribed = self.subscribed_network_stats or ()
        require_known("env.subscribed_network_stats", subscribed, [*MEASUREMENTS, *BOTTLENECK_MEASUREMENTS])


class Rmcat(Adapter[RmcatConfig]):
    """Sending rates of F media flows through one bottleneck.

    observation: float32 of shape `(len(features), F)`, each row in the unit and range of its measurement; by default
        rtt (ms), rrate (kbit/s), xcurr (ms), qdel (ms), plr (fraction) and srate (kbit/s).
    action: float32 of shape `(F,)`: sending rates in [min_rate_kbps, max_rate_kbps]. Empty: NADA (RFC 8698) sets them.
    """

    config_schema = RmcatConfig
    scenario = "rmcat"
    batched: ClassVar[bool] = True
    entities = "flows"

    def __init__(self, config: RmcatConfig) -> None:
        super().__init__(config)
        self.subscription = config.subscribed_network_stats
        flows = config.nada_flows
        bounds = np.array([MEASUREMENTS[name][1:] for name in config.features], dtype=np.float32)
        self.low, self.high = np.repeat(bounds[:, :1], flows, axis=1), np.repeat(bounds[:, 1:], flows, axis=1)
        self.observation_space = spaces.Box(self.low, self.high, dtype=np.float32)
        self.rates = spaces.Box(config.min_rate_kbps, config.max_rate_kbps, (flows,), np.float32)
        self.action_space = self.rates
        self.observation_labels = labels(config.features, MEASUREMENTS)
        self.action_labels = tuple(f"rate of flow {flow + 1}, kbit/s" for flow in range(flows))
        self.bw_trace = config.bw_trace()

    @property
    def step_ms(self) -> float:
        return self.config.measurement_interval_ms

    def settings(self) -> dict[str, Any]:
        return {**plain(self.config), "bw_trace": self.bw_trace}

    def observation(self, stats: Stats) -> np.ndarray:
        rows = np.stack([stats[name] for name in self.config.features], axis=-2).astype(np.float32)
        return np.clip(rows, self.low, self.high)

    def reward(self, stats: Stats) -> PerNetwork:
        """Mean over the flows that have begun of what rate earns less what delay and loss cost; 0 if none has.

        Each term is in [0, 1] times its weight. A flow that receives nothing costs both penalties in full, the worst
        there is.
        """
        terms = self.config.reward_terms
        rate = stats["rmcat::rrate"]
        delay = np.minimum(stats["rmcat::qdel"] / terms.delay_ms, 1)
        loss = np.minimum(stats["rmcat::plr"] / terms.loss, 1)
        earned = REWARDS[self.config.reward](rate, self.config.min_rate_kbps, self.config.max_rate_kbps)
        alive = terms.rate_weight * earned - terms.delay_weight * delay - terms.loss_weight * loss
        values = np.where(rate > 0, alive, -terms.delay_weight - terms.loss_weight)
        return mean_where(stats["rmcat::srate"] > 0, values)

    def encode_action(self, action: Any) -> np.ndarray | None:
        if is_empty(action):
            return None
        return box_action(action, self.rates, many=True)

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        """The sending rates at the interval's end; NADA changes them within an interval, too."""
        return np.clip(stats["rmcat::srate"].astype(np.float32), self.rates.low, self.rates.high)

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        rate = stats["rmcat::rrate"]
        return {
            "rate_kbps": mean(rate),
            "sending_rate_kbps": mean(stats["rmcat::srate"]),
            "nada_rate_kbps": mean(stats["rmcat::nada_srate"]),
            "rtt_ms": mean(stats["rmcat::rtt"]),
            "queueing_delay_ms": mean(stats["rmcat::qdel"]),
            "max_owd_ms": number(stats["rmcat::max_owd"].max(axis=-1)),
            "loss_pct": 100 * mean(stats["rmcat::plr"]),
            "fairness": jain_index(rate),
            "bottleneck_kbps": number(stats["bottleneck::bw"][..., 0]),
            "queue_bytes": number(stats["bottleneck::queue"][..., 0]),
            "utilization_pct": number(stats["bottleneck::utilization"][..., 0]),
        }


def jain_index(rates: np.ndarray) -> PerNetwork:
    """Jain's fairness index of rates over the last axis, 1/F to 1; 1 when all are 0."""
    squares, sums = (rates**2).sum(axis=-1), rates.sum(axis=-1)
    square_of_sum = np.array([each**2 for each in np.ravel(sums).tolist()]).reshape(np.shape(sums))
    return number(np.where(squares > 0, square_of_sum / np.where(squares > 0, rates.shape[-1] * squares, 1.0), 1.0))


def utility(rate_kbps: np.ndarray, min_kbps: float, max_kbps: float) -> np.ndarray:
    """What rates earn, 0 at `min_kbps` and 1 at `max_kbps`, by their logarithm: each doubling earns the same."""
    return np.asarray(logarithm(np.clip(rate_kbps, min_kbps, max_kbps) / min_kbps) / math.log(max_kbps / min_kbps))


def utility_linear(rate_kbps: np.ndarray, min_kbps: float, max_kbps: float) -> np.ndarray:
    """What rates earn, in proportion to them: 0 for nothing and 1 at `max_kbps`."""
    return np.clip(rate_kbps / max_kbps, 0, 1)


REWARDS: dict[str, Callable[[np.ndarray, float, float], np.ndarray]] = {
    "utility": utility,
    "utility_linear": utility_linear,
}
