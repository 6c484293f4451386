"""Slicing of an LTE cell: how many resource block groups each slice has the first claim to.

After NetworkGym's `network_slicing`; the reward is the one of its documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.config.fields import one_of, ranged
from netgym_cli.envs.base import box_action, is_empty
from netgym_cli.envs.last_axis import PerNetwork, number, total
from netgym_cli.envs.multi_access import features
from netgym_cli.envs.multi_access.adapter import MultiAccessAdapter, check_names
from netgym_cli.envs.multi_access.checks import check_multi_access
from netgym_cli.envs.multi_access.config import RBG_NUM, MultiAccessConfig
from netgym_cli.envs.multi_access.measurements import PER_SLICE
from netgym_cli.simulators.stats import Stats

SLICED = ("prioritized", "dedicated")
REWARDS = ("slice_satisfaction",)


@dataclass
class NetworkSlicingConfig(MultiAccessConfig):
    """The keys of conf/env/network_slicing.yaml."""

    reward: str = one_of(*REWARDS)
    sliced_rbg: str = one_of(*SLICED)
    delay_violation_weight: float = ranged(0)
    rb_usage_weight: float = ranged(0)

    @property
    def num_slices(self) -> int:
        """Number of slices."""
        return len(self.per_slice_config.num_users)

    @property
    def num_groups(self) -> int:
        """Resource block groups of the carrier."""
        return RBG_NUM[self.lte.resource_block_num]

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        check_multi_access(self)
        check_names(self, PER_SLICE)


class NetworkSlicing(MultiAccessAdapter[NetworkSlicingConfig]):
    """Slicing of one cell's resource block groups among S slices.

    observation: float32 of shape `(len(features), S)`, each row in the unit and range of its measurement.
    action: float32 of shape `(S,)` in [0, 1]: the share of the carrier's groups that the slice has the first claim to.
        Shares that add up to more than 1 are divided by their sum, so no action asks for more groups than there are;
        groups are whole, the largest remainders are rounded up. Empty: the config's static groups.
    """

    config_schema = NetworkSlicingConfig
    measured = PER_SLICE
    feature_sets = features.sets(
        ["gma::dl::cell::rate", "lte::dl::cell::rb_usage", "gma::dl::cell::delay_violation", "gma::dl::cell::owd",
         "gma::dl::cell::max_owd", "gma::dl::cell::tx_rate"],
        features.SLICE_RATES,
        features.SLICE_RICH,
    )  # fmt: skip
    entities = "slices"
    scenario = "network_slicing"
    action_space: spaces.Box

    def __init__(self, config: NetworkSlicingConfig) -> None:
        super().__init__(config)
        slices = config.num_slices
        self.action_space = spaces.Box(0.0, 1.0, (slices,), np.float32)
        self.action_labels = tuple(f"slice {k}: share of the groups" for k in range(slices))

    @property
    def columns(self) -> int:
        return self.config.num_slices

    def feature(self, stats: Stats, name: str) -> np.ndarray:
        return np.concatenate([stats[f"{name}::slice={k}"][..., :1] for k in range(self.columns)], axis=-1)

    def reward(self, stats: Stats) -> PerNetwork:
        """Sum over slices of delivered share of the load - 1.5 late share - 0.5 share of the groups used.

        The weights are `delay_violation_weight` and `rb_usage_weight`. A slice without load has its share delivered.
        With S slices it lies in [-1.5 S - 0.5, S].
        """
        load = self.feature(stats, "gma::dl::cell::tx_rate")
        rate = self.feature(stats, "gma::dl::cell::rate")
        delivered = np.where(load > 0, np.minimum(rate / np.where(load > 0, load, 1.0), 1.0), 1.0)
        late = self.feature(stats, "gma::dl::cell::delay_violation") / 100
        used = self.feature(stats, "lte::dl::cell::rb_usage") / 100
        weights = self.config
        return total(delivered - weights.delay_violation_weight * late - weights.rb_usage_weight * used)

    def encode_action(self, action: Any) -> np.ndarray | None:
        if is_empty(action):
            return None
        groups = self.groups(box_action(action, self.action_space, many=True))
        allocation = np.zeros((*groups.shape, 3))  # dedicated, prioritized, shared
        allocation[..., 0 if self.config.sliced_rbg == "dedicated" else 1] = groups
        allocation[..., 2] = self.config.per_slice_config.shared_rbg
        return allocation.reshape(*groups.shape[:-1], -1)

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        """The slices' whole groups as shares of the carrier."""
        groups = self.feature(stats, f"lte::dl::cell::{self.config.sliced_rbg}_rbg")
        return np.asarray(np.clip(groups / self.config.num_groups, 0, 1), np.float32)

    def groups(self, shares: np.ndarray) -> np.ndarray:
        """Whole groups for shares of the carrier, int of shape `(..., S)`; never more than the carrier has."""
        wanted = shares / np.maximum(shares.sum(axis=-1, keepdims=True), 1.0) * self.config.num_groups
        whole = np.floor(wanted + 1e-9).astype(int)
        given = np.minimum(np.rint(wanted.sum(axis=-1, keepdims=True)), self.config.num_groups).astype(int)
        left = given - whole.sum(axis=-1, keepdims=True)
        by_remainder = np.argsort(whole - wanted, axis=-1, kind="stable")
        rank = np.argsort(by_remainder, axis=-1, kind="stable")
        return np.asarray(whole + (rank < left))

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        kpis = super().kpis(stats)
        for k in range(self.config.num_slices):
            for name, key in (
                ("rate_mbps", "gma::dl::cell::rate"),
                ("owd_ms", "gma::dl::cell::owd"),
                ("delay_violation_pct", "gma::dl::cell::delay_violation"),
                ("rb_usage_pct", "lte::dl::cell::rb_usage"),
                (f"{self.config.sliced_rbg}_rbg", f"lte::dl::cell::{self.config.sliced_rbg}_rbg"),
            ):
                kpis[f"slice_{k}_{name}"] = number(stats[f"{key}::slice={k}"][..., 0])
        return kpis
