"""What an agent may see of a training: a number per feature, from the measurement of the last round."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.envs.last_axis import PerNetwork, kept, logarithm
from netgym_cli.simulators.stats import Stats

LEAST, MOST = -6.0, 6.0  # of a logarithm


@dataclass(frozen=True)
class Feature:
    """One entry of the observation.

    Attributes:
        label: what it is, with its unit.
        low, high: the bounds that it is kept in.
        value: its value for a measurement and the environment's config.
    """

    label: str
    low: float
    high: float
    value: Callable[[Stats, Any], PerNetwork]

    def of(self, stats: Stats, config: Any) -> PerNetwork:
        """The value within its bounds."""
        return kept(self.value(stats, config), self.low, self.high)


def figure(stats: Stats, key: str) -> PerNetwork:
    """A measurement of which there is one for the whole training."""
    value = stats[key][..., 0]
    return float(value) if np.ndim(value) == 0 else value


def _plain(key: str) -> Callable[[Stats, Any], PerNetwork]:
    return lambda stats, config: figure(stats, key)


def _log10(key: str) -> Callable[[Stats, Any], PerNetwork]:
    return lambda stats, config: logarithm(figure(stats, key)) / math.log(10)


def loss_slope(stats: Stats, config: Any) -> PerNetwork:
    """Natural logarithm of the loss before the round over the loss after it."""
    before, after = figure(stats, "train::loss_before"), figure(stats, "train::loss")
    return logarithm(before, LEAST_LOGARITHM) - logarithm(after, LEAST_LOGARITHM)


LEAST_LOGARITHM = -700.0  # of a loss of zero


def _accuracy(stats: Stats, config: Any) -> PerNetwork:
    """0 where the workload has none."""
    measured = "train::accuracy" in stats.layout.places
    return figure(stats, "train::accuracy" if measured else "train::diverged") * float(measured)


def _seconds_per_megabyte(stats: Stats, config: Any) -> PerNetwork:
    taken_s, sent = figure(stats, "time::comm"), figure(stats, "net::payload")
    megabytes = np.maximum(sent, 1.0) / 1e6
    return logarithm(taken_s / megabytes) / math.log(10)


def _time_left(stats: Stats, config: Any) -> PerNetwork:
    if config.time_budget_s is not None:
        return 1 - figure(stats, "time::training") / config.time_budget_s
    return 1 - figure(stats, "train::rounds") / config.steps_per_episode


FEATURES = {
    "loss": Feature("loss, log10", LEAST, MOST, _log10("train::loss")),
    "loss_slope": Feature("loss before / after, ln", -5.0, 5.0, loss_slope),
    "accuracy": Feature("accuracy", 0.0, 1.0, _accuracy),
    "drift": Feature("distance of nodes / length, log10", LEAST, MOST, _log10("train::drift")),
    "compute_s": Feature("computing, log10 s", LEAST, MOST, _log10("time::compute")),
    "comm_s": Feature("communication, log10 s", LEAST, MOST, _log10("time::comm")),
    "wait_s": Feature("waiting for the slowest, log10 s", LEAST, MOST, _log10("time::wait")),
    "s_per_mbyte": Feature("communication per MB of the model, log10 s", LEAST, MOST, _seconds_per_megabyte),
    "local_steps": Feature("steps of each node, log10", LEAST, MOST, _log10("train::local_steps")),
    "retransmitted": Feature("share of segments sent again", 0.0, 1.0, _plain("net::retransmitted_share")),
    "time_left": Feature("share of the budget that is left", 0.0, 1.0, _time_left),
}
