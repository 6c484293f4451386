"""Where the seeds of networks begin that are for one purpose only, so that no agent meets a network by accident twice.

Trainings have the user's seed, usually a small one, and those that a plan derives from it.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum
from itertools import islice

import numpy as np

END = 2**31  # seeds are below it


class FirstSeed(IntEnum):
    """The first seed of each purpose; those that differ leave a million to each."""

    EVALUATION = 1_000_000  # `netgym evaluate`, unless seeds are listed
    OFFLINE = 1_000_000  # evaluations of an offline agent, which its run derives from here; none of a usual dataset
    FIT_TWIN = 2_000_000  # recordings that a twin is fitted to, which no evaluation may have
    ON_THE_WAY = 3_000_000  # evaluations within a training, which choose its best model
    AT_END = 4_000_000  # the evaluation that ends a training; `netgym evaluate` may follow on others
    VALIDATE_TWIN = 5_000_000  # recordings that a twin is judged by, which no fit and no evaluation may have
    SEARCH = 6_000_000  # measurements by which a search chooses the best config


def fresh_seeds(count: int, met: Collection[int | None], first: int) -> tuple[int, ...]:
    """The first `count` seeds from `first` on that are not among those `met`."""
    return tuple(islice((seed for seed in range(first, END) if seed not in met), count))


def seed_of_session(base_seed: int, session: int) -> int:
    """The seed of the n-th session that begins with `base_seed`: itself first, then well-separated derived ones."""
    if session == 0:
        return base_seed
    return int(np.random.SeedSequence((base_seed, session)).generate_state(1, np.uint32)[0] >> 1)
