"""Observations of several slots as one array, or one per key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces


def stacked(observations: Sequence[Any], space: spaces.Space[Any]) -> Any:
    """Members of `space`, stacked along a new first axis in the dtype of the space; a Dict's are stacked by key.

    Members of any other space without a dtype stay a list.
    """
    if isinstance(space, spaces.Dict):
        return {key: stacked([each[key] for each in observations], part) for key, part in space.items()}
    if isinstance(space, spaces.Tuple) or space.dtype is None:
        return list(observations)
    return np.stack([np.asarray(each, space.dtype) for each in observations])
