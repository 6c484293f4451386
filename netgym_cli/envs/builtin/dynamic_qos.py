"""Flow prioritisation: whose packets come first on Wi-Fi and on LTE, at a bounded share of prioritised traffic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import require
from netgym_cli.envs.base import discrete_action, is_empty
from netgym_cli.envs.builtin.qos_steer import qos_user_num
from netgym_cli.envs.last_axis import PerNetwork, total
from netgym_cli.envs.multi_access import features
from netgym_cli.envs.multi_access.adapter import MultiAccessAdapter, check_names
from netgym_cli.envs.multi_access.checks import check_multi_access
from netgym_cli.envs.multi_access.config import LINKS, MultiAccessConfig
from netgym_cli.simulators.stats import Stats

MARKED_LINKS = ("wifi", "lte")  # the abstract NR cell knows no priorities
MARKS = tuple(f"gma::{link}::dl::priority" for link in MARKED_LINKS)


@dataclass
class LinkWeights:
    """Shares of a user's packets over the links, 0 or more each, not all 0."""

    wifi: float = ranged(0)
    nr: float = ranged(0)
    lte: float = ranged(0)


@dataclass
class DynamicQosConfig(MultiAccessConfig):
    """The keys of conf/env/dynamic_qos.yaml."""

    link_weights: LinkWeights = field(default_factory=LinkWeights)
    reward: str = one_of(lambda: REWARDS)
    min_priority_pct: float = ranged(0, 100)
    max_priority_pct: float = ranged(0, 100)

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        check_multi_access(self)
        check_names(self)
        weights = [getattr(self.link_weights, link) for link in LINKS]
        require(sum(weights) > 0, "env.link_weights", weights, "0 or more each, not all 0")
        require(self.gma.enable_dynamic_flow_prioritization, "env.gma.enable_dynamic_flow_prioritization", False,
                "true: this environment is about it")  # fmt: skip
        low, high = self.min_priority_pct, self.max_priority_pct
        if low > high:
            raise ConfigError(
                f"env.min_priority_pct is {low:g} and env.max_priority_pct is {high:g}; "
                "allowed: the first at most the second."
            )


class DynamicQos(MultiAccessAdapter[DynamicQosConfig]):
    """Prioritisation of N users' packets per link; how packets are split over links is fixed.

    observation: float32 of shape `(len(features), N)`, each row in the unit and range of its measurement.
    action: MultiDiscrete of 2 N entries of 0 or 1: first the users' marks on Wi-Fi, then on LTE. Where the marked users
        sent more than `max_priority_pct` of a link's traffic in the last interval, marks are taken from the last user
        on. Empty: the default algorithm of the scenario.
    """

    config_schema = DynamicQosConfig
    scenario = "dynamic_qos"
    feature_sets = features.sets(
        ["gma::dl::rate", "gma::dl::tx_rate", "gma::dl::delay_violation", "gma::dl::loss", "gma::wifi::dl::owd",
         "gma::lte::dl::owd", *MARKS],
        rich=(*features.RICH, *features.QUALITY, *MARKS),
    )  # fmt: skip
    entities_last = True
    action_space: spaces.MultiDiscrete

    def __init__(self, config: DynamicQosConfig) -> None:
        super().__init__(config)
        self.action_space = spaces.MultiDiscrete(np.full(len(MARKED_LINKS) * config.num_users, 2))
        self.action_labels = tuple(
            f"user {user + 1} first on {link}" for link in MARKED_LINKS for user in range(config.num_users)
        )

    def reward(self, stats: Stats) -> PerNetwork:
        return REWARDS[self.config.reward](stats)

    def encode_action(self, action: Any) -> np.ndarray | None:
        if is_empty(action):
            return None
        marks = discrete_action(action, self.action_space, many=True)
        control = np.zeros((*marks.shape[:-1], self.config.num_users, len(LINKS)))
        for link, row in zip(MARKED_LINKS, np.split(marks, len(MARKED_LINKS), axis=-1), strict=True):
            control[..., LINKS.index(link)] = row
        return control.reshape(*marks.shape[:-1], -1)

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        """The marks that were left."""
        marks = self.per_link(stats, "priority")
        return self.action_for(np.stack([marks[..., LINKS.index(link)] > 0 for link in MARKED_LINKS], axis=-2))

    def action_for(self, marks: np.ndarray) -> np.ndarray:
        """The action that marks users on links: truth values of shape `(..., 2, N)`, Wi-Fi first."""
        return np.asarray(marks, dtype=np.int64).reshape(*np.shape(marks)[:-2], -1)

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        marked = {f"{link}_priority_users": total(stats[f"gma::{link}::dl::priority"]) for link in MARKED_LINKS}
        return {"qos_users": qos_user_num(stats), **marked, **super().kpis(stats)}


REWARDS: dict[str, Callable[[Stats], PerNetwork]] = {"qos_user_num": qos_user_num}
