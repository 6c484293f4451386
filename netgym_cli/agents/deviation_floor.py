"""The least deviation that observations are divided by where a learner scales them by their running moments.

An entry that hardly changes in training has hardly any deviation. Divided by it, the first value of another network
would be a number of hundreds, cut to the largest that is allowed, in every step; so would the whole packets of ns-3
after a fluid twin's smooth rates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

UNIT = 1.0  # of what netgym measures: Mbit/s, ms, %, a user


def units(space: spaces.Box, shape: tuple[int, ...]) -> np.ndarray:
    """What counts as a unit of every entry: 1, or the width of its range where that is less.

    Args:
        space: the observations.
        shape: of the moments; where it has a single entry along an axis, that is for all entries of the space's.

    Returns:
        float64 of this shape.
    """
    width = np.minimum(space.high.astype(np.float64) - space.low, UNIT)
    shared = tuple(axis for axis in range(width.ndim) if shape[axis] == 1 != width.shape[axis])
    return width.min(axis=shared, keepdims=True) if shared else width


def floored(deviation: np.ndarray, mean: np.ndarray, share: float, unit: Any) -> np.ndarray:
    """`deviation`, and at least `share` of what is larger of the mean's absolute value and the unit."""
    return np.maximum(deviation, share * np.maximum(np.abs(mean), unit)) if share else deviation
