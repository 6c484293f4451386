"""What rules read from a multi-access network: a measurement of every link, users by links."""

from __future__ import annotations

import numpy as np

from netgym_cli.adapters._multi_access import LINKS
from netgym_cli.simulators import Stats


def per_link(stats: Stats, pattern: str) -> np.ndarray:
    """A measurement of every link, shape `(users, 3)`; `pattern` has {} where the link's name goes."""
    return np.array([stats[pattern.format(link)] for link in LINKS]).T


def max_rates(stats: Stats) -> np.ndarray:
    """Rate that the radio of each user could reach alone on each link, Mbit/s, shape `(users, 3)`; 0: no such link."""
    return per_link(stats, "{}::dl::max_rate")


def one_link(links: np.ndarray) -> np.ndarray:
    """Weights that put all of each user's packets on one link; `links` holds an index per user."""
    return np.asarray(np.eye(len(LINKS))[links])
