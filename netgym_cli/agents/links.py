"""Measurements of a multi-access network for rules: arrays of users by links."""

from __future__ import annotations

import numpy as np

from netgym_cli.envs.multi_access.adapter import per_link
from netgym_cli.envs.multi_access.config import LINKS
from netgym_cli.simulators.stats import Stats

__all__ = ["max_rates", "one_link", "per_link"]


def max_rates(stats: Stats) -> np.ndarray:
    """Rate that the radio of each user could reach alone on each link, Mbit/s, shape `(users, 3)`; 0: no such link."""
    return per_link(stats, "{}::dl::max_rate")


def one_link(links: np.ndarray) -> np.ndarray:
    """Weights that put all of each user's packets on one link; `links` holds an index per user."""
    return np.asarray(np.eye(len(LINKS))[links])
