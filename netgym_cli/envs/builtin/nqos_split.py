"""Multi-access traffic splitting: which share of each user's downlink goes over Wi-Fi, NR and LTE.

The observation has one row per measurement in `features` and one column per user; the action one row per user with the
weights of Wi-Fi, NR and LTE. After NetworkGym's `nqos_split` (Haider et al., NeurIPS 2024 Datasets and Benchmarks).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.config.fields import one_of
from netgym_cli.envs.base import box_action, is_empty
from netgym_cli.envs.last_axis import PerNetwork, kept, logarithm, mean
from netgym_cli.envs.multi_access import features
from netgym_cli.envs.multi_access.adapter import MultiAccessAdapter, check_names, mean_owd_ms
from netgym_cli.envs.multi_access.checks import check_multi_access
from netgym_cli.envs.multi_access.config import LINKS, MultiAccessConfig
from netgym_cli.simulators.stats import Stats

RATE_FLOOR_MBPS = 0.01
RATE_CEILING_MBPS = 1000.0
OWD_FLOOR_MS = 1.0
OWD_CEILING_MS = 1000.0
SHARE_FLOOR = 1e-4


@dataclass
class NqosSplitConfig(MultiAccessConfig):
    """The keys of conf/env/nqos_split.yaml."""

    reward: str = one_of(lambda: REWARDS)

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        check_multi_access(self)
        check_names(self)


class NqosSplit(MultiAccessAdapter[NqosSplitConfig]):
    """Splitting of N users' downlink over three links.

    observation: float32 of shape `(len(features), N)`, each row in the unit and range of its measurement; by default
        LTE max_rate, Wi-Fi max_rate and delivered rate, Mbit/s in [0, 1000].
    action: float32 of shape `(N, 3)` in [0, 1]: weights of Wi-Fi, NR, LTE, normalised per user. A row of zeros means
        all Wi-Fi; a link that does not exist takes no weight. Empty: the receiver-side balancer.
    """

    config_schema = NqosSplitConfig
    scenario = "nqos_split"
    feature_sets = features.sets(["lte::dl::max_rate", "wifi::dl::max_rate", "gma::dl::rate"])
    actions_are_shares = True
    action_space: spaces.Box
    action_labels = ("wifi weight", "nr weight", "lte weight")

    def __init__(self, config: NqosSplitConfig) -> None:
        super().__init__(config)
        self.action_space = spaces.Box(0.0, 1.0, (config.num_users, len(LINKS)), np.float32)

    def reward(self, stats: Stats) -> PerNetwork:
        return REWARDS[self.config.reward](stats)

    def encode_action(self, action: Any) -> np.ndarray | None:
        if is_empty(action):
            return None
        weights = box_action(action, self.action_space, many=True)
        sums = np.add.reduce(weights, axis=-1, keepdims=True)
        if np.minimum.reduce(sums, axis=None) > 0:
            shares = weights / sums
        else:
            all_wifi = np.array([1.0, 0.0, 0.0])
            shares = np.where(sums > 0, weights / np.where(sums > 0, sums, 1.0), all_wifi)
        return shares.reshape(*shares.shape[:-2], -1)

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        """The users' shares at the interval's end, each row with the sum 1."""
        return np.asarray(np.clip(self.per_link(stats, "split_ratio") / 100, 0, 1), np.float32)

    def action_for(self, weights: np.ndarray) -> np.ndarray:
        """The action that gives every user these non-negative weights of Wi-Fi, NR, LTE; shape `(..., N, 3)`."""
        most = weights.max(axis=-1, keepdims=True)
        return np.asarray(weights / np.where(most > 0, most, 1.0), np.float32)


def utility(rate_mbps: np.ndarray, owd_ms: np.ndarray) -> PerNetwork:
    """Rate against delay: 0.5 ln T - 0.5 ln D, in [-5.76, 3.45].

    T is the mean rate over users, kept in [0.01, 1000] Mbit/s; D the mean one-way delay over users with traffic, kept
    in [1, 1000] ms. A network that delivers (almost) nothing counts as having the longest delay, so it is worst of all;
    delays under a millisecond earn nothing more.
    """
    rate = mean(rate_mbps)
    owd = _delay_of_service(mean_owd_ms(owd_ms), rate > RATE_FLOOR_MBPS)
    return 0.5 * logarithm(kept(rate, RATE_FLOOR_MBPS, RATE_CEILING_MBPS)) - 0.5 * logarithm(owd)


def utility_networkgym(rate_mbps: np.ndarray, owd_ms: np.ndarray) -> PerNetwork:
    """NetworkGym's formula as it stands: clip(0.5 ln T - 0.5 ln D, -10, 10) of plain means over users.

    The logarithm of a number that is not positive counts as -10, and a user who received nothing enters the mean delay
    with -1 ms: a dead network scores 0. For comparison with its published results only.
    """
    owd = mean(np.where(rate_mbps > 0, owd_ms, -1.0))
    return kept(0.5 * logarithm(mean(rate_mbps), -10.0) - 0.5 * logarithm(owd, -10.0), -10.0, 10.0)


def utility_normalized(rate_mbps: np.ndarray, capacity_mbps: np.ndarray, owd_ms: np.ndarray) -> PerNetwork:
    """Use of the links against delay: ln S - ln D, in [-9.21, 6.91].

    S is the mean over users of rate over capacity, kept in [0.0001, 1]; D the mean one-way delay over users with
    traffic, kept in [0.001, 1] s. After the reward of the offline experiment of Haider et al. (NeurIPS 2024 Datasets
    and Benchmarks); as in `utility`, a network that delivers nothing counts as having the longest delay.

    Args:
        rate_mbps: delivered rate of every user.
        capacity_mbps: sum of the rates that the user's links could reach alone; 0: no link.
        owd_ms: one-way delay of every user, 0 without traffic.
    """
    used = np.where(capacity_mbps > 0, rate_mbps / np.where(capacity_mbps > 0, capacity_mbps, 1.0), 0.0)
    share = kept(mean(used), SHARE_FLOOR, 1.0)
    owd = _delay_of_service(mean_owd_ms(owd_ms), share > SHARE_FLOOR)
    return logarithm(share) - logarithm(owd / 1e3)


def _delay_of_service(owd_ms: PerNetwork, delivers: PerNetwork) -> PerNetwork:
    """The delay that counts, between floor and ceiling, ms: of a network that delivers nothing, the ceiling."""
    if isinstance(owd_ms, float):
        return kept(owd_ms, OWD_FLOOR_MS, OWD_CEILING_MS) if delivers and owd_ms != 0 else OWD_CEILING_MS
    return np.where(delivers & (owd_ms != 0), kept(owd_ms, OWD_FLOOR_MS, OWD_CEILING_MS), OWD_CEILING_MS)


def _capacity_mbps(stats: Stats) -> np.ndarray:
    return np.asarray(sum(stats[f"{link}::dl::max_rate"] for link in LINKS))


REWARDS: dict[str, Callable[[Stats], PerNetwork]] = {
    "utility": lambda stats: utility(stats["gma::dl::rate"], stats["gma::dl::owd"]),
    "utility_networkgym": lambda stats: utility_networkgym(stats["gma::dl::rate"], stats["gma::dl::owd"]),
    "utility_normalized": lambda stats: utility_normalized(
        stats["gma::dl::rate"], _capacity_mbps(stats), stats["gma::dl::owd"]
    ),
}
