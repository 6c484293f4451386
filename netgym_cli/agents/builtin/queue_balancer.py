"""Fills links up to what they seem to carry, and learns that from their queues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.links import max_rates, per_link
from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.envs.multi_access.config import LINKS
from netgym_cli.simulators.stats import Stats


@dataclass
class QueueBalancerConfig(AgentConfig):
    """Keys of conf/agent/queue_balancer.yaml; lists hold Wi-Fi, NR, LTE."""

    start_headroom: list[float] = ranged(above=0)
    max_headroom: list[float] = ranged(above=0)
    queueing_threshold_ms: list[float] = ranged(above=0)
    shrink: float = ranged(above=0, below=1)
    grow: float = ranged(above=1)

    def validate(self) -> None:
        super().validate()
        for key in ("start_headroom", "max_headroom", "queueing_threshold_ms"):
            value = getattr(self, key)
            require(len(value) == len(LINKS), f"agent.{key}", value, "three numbers above 0: Wi-Fi, NR, LTE")


class QueueBalancer(Rule[QueueBalancerConfig]):
    """Puts each user's load on one link after the other, in the order Wi-Fi, NR, LTE.

    What a link carries for a user is its rate, divided by the users that need the same cell, times a headroom. The
    headroom shrinks when the link's one-way delay says that its queue grows, and recovers slowly.
    """

    config_schema = QueueBalancerConfig
    environments = ("nqos_split",)

    def forget(self) -> None:
        self._headroom: np.ndarray | None = None

    def decide(self, stats: Stats) -> Any:
        rates, cells = max_rates(stats), per_link(stats, "{}::cell_id")
        config = self.config
        if self._headroom is None:
            self._headroom = np.tile(config.start_headroom, (len(rates), 1))
        else:
            queued = per_link(stats, "gma::{}::dl::owd") > np.array(config.queueing_threshold_ms)
            changed = np.where(queued, config.shrink, config.grow) * self._headroom
            self._headroom = np.minimum(changed, config.max_headroom)
        return self.adapter.action_for(fill(stats["gma::dl::tx_rate"], self._headroom * rates, cells))


def fill(offered: np.ndarray, capacity: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Weights that put offered load on one link after the other; what fits nowhere goes everywhere.

    Args:
        offered: Mbit/s per user, shape `(users,)`.
        capacity: what each link carries for the user alone, Mbit/s, shape `(users, links)`.
        cells: id of the user's cell on each link; users of one cell share its capacity.
    """
    load, left = np.zeros_like(capacity), offered.copy()
    for link in range(capacity.shape[1]):
        wants = left > 0
        sharers = (wants[:, None] & wants & (cells[:, link, None] == cells[:, link])).sum(axis=1)
        load[:, link] = np.minimum(left, capacity[:, link] / np.maximum(sharers, 1))
        left -= load[:, link]
    total = load.sum(axis=1, keepdims=True)
    return np.asarray(load + left[:, None] * load / np.where(total > 0, total, 1.0))
