"""QoS steering: one link per user, so that as many users as possible have their delay and loss targets met on Wi-Fi.

After NetworkGym's `qos_steer`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import require
from netgym_cli.envs.base import discrete_action, is_empty
from netgym_cli.envs.last_axis import PerNetwork, total
from netgym_cli.envs.multi_access import features
from netgym_cli.envs.multi_access.adapter import MultiAccessAdapter, check_names
from netgym_cli.envs.multi_access.checks import check_multi_access
from netgym_cli.envs.multi_access.config import LINKS, MultiAccessConfig
from netgym_cli.simulators.stats import Stats

SERVED_MBPS = 0.1  # a user with less than this is not served


@dataclass
class QosSteerConfig(MultiAccessConfig):
    """The keys of conf/env/qos_steer.yaml."""

    reward: str = one_of(lambda: REWARDS)
    steer_links: list[str] = one_of(*LINKS)
    steer_back: str = one_of("costliest", "all", default="all")
    steering_prohibit_ms: float = ranged(0)

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        check_multi_access(self)
        check_names(self)
        links = self.steer_links
        require(2 <= len(set(links)) == len(links), "env.steer_links", links,
                f"two or three different ones of {', '.join(LINKS)}")  # fmt: skip


class QosSteer(MultiAccessAdapter[QosSteerConfig]):
    """Steering of N users with quality-of-service targets.

    observation: float32 of shape `(len(features), N)`, each row in the unit and range of its measurement.
    action: MultiDiscrete with one entry per user: index into `steer_links` (by default 0: LTE, 1: Wi-Fi). Empty: the
        default algorithm of the scenario.
    """

    config_schema = QosSteerConfig
    scenario = "qos_steer"
    feature_sets = features.sets(
        ["lte::dl::max_rate", "wifi::dl::max_rate", "gma::dl::rate", "gma::dl::tx_rate", "gma::dl::delay_violation",
         "gma::wifi::dl::split_ratio"],
        rich=(*features.RICH, *features.QUALITY),
    )  # fmt: skip
    action_space: spaces.MultiDiscrete

    def __init__(self, config: QosSteerConfig) -> None:
        super().__init__(config)
        self.links = [LINKS.index(link) for link in config.steer_links]
        self.action_space = spaces.MultiDiscrete(np.full(config.num_users, len(self.links)))
        self.action_labels = tuple(
            f"user {user + 1}: {' | '.join(config.steer_links)}" for user in range(config.num_users)
        )

    def reward(self, stats: Stats) -> PerNetwork:
        return REWARDS[self.config.reward](stats)

    def encode_action(self, action: Any) -> np.ndarray | None:
        if is_empty(action):
            return None
        chosen = discrete_action(action, self.action_space, many=True)
        weights: np.ndarray = np.eye(len(LINKS))[np.array(self.links)[chosen]]
        return weights.reshape(*chosen.shape[:-1], -1)

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        """The link of every user."""
        return self.action_for(self.per_link(stats, "split_ratio"))

    def action_for(self, weights: np.ndarray) -> np.ndarray:
        """The action that gives every user its heaviest link that can be chosen; weights of shape `(..., N, 3)`."""
        return np.asarray(weights[..., self.links].argmax(axis=-1))

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        return {
            "wifi_qos_users": wifi_qos_user_num(stats),
            "qos_users": qos_user_num(stats),
            **super().kpis(stats),
        }


def wifi_qos_user_num(stats: Stats) -> PerNetwork:
    """Users whose targets are met on Wi-Fi, as the original counts: `gma::wifi::dl::qos_rate` above 0.1 Mbit/s."""
    return total(stats["gma::wifi::dl::qos_rate"] > SERVED_MBPS)


def qos_user_num(stats: Stats) -> PerNetwork:
    """Users whose targets are met on whichever link."""
    return total(stats["gma::dl::qos_rate"] > SERVED_MBPS)


def qos_user_num_offloaded(stats: Stats) -> PerNetwork:
    """Users whose targets are met: 1 on Wi-Fi, half as much on a cellular link."""
    return 0.5 * (qos_user_num(stats) + wifi_qos_user_num(stats))


REWARDS: dict[str, Callable[[Stats], PerNetwork]] = {
    "wifi_qos_user_num": wifi_qos_user_num,
    "qos_user_num": qos_user_num,
    "qos_user_num_offloaded": qos_user_num_offloaded,
}
