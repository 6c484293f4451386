"""Whether the entries of an episode are members of a space, all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.space_text import short_text


def check_spaces(space: spaces.Space[Any], values: Any, number: int) -> str:
    """Why `values` are not `number` members of `space`; empty if they are.

    Args:
        space: the space.
        values: array of shape `(number, ...)`, or a dict or tuple of such, as an episode holds them.
        number: the expected number of members.
    """
    if isinstance(space, spaces.Dict | spaces.Tuple):
        keys: list[Any] = list(space.spaces) if isinstance(space, spaces.Dict) else list(range(len(space.spaces)))
        if isinstance(space, spaces.Dict) != isinstance(values, dict) or len(values) != len(keys):
            return f"they are not members of {short_text(space)}"
        reasons = (check_spaces(space[key], values[key], number) for key in keys)
        return next((f"[{key}] {why}" for key, why in zip(keys, reasons, strict=True) if why), "")
    array = np.asarray(values)
    if len(array) != number:
        return f"there are {len(array)}, not {number}"
    if not isinstance(space, spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary):
        return "" if all(value in space for value in values) else f"they are not members of {short_text(space)}"
    if array.shape[1:] != (space.shape or ()):
        return f"their shape is {array.shape[1:]}, not {space.shape}"
    if array.dtype.kind == "f" and np.isnan(array).any():
        return f"NaN at step {_first(np.isnan(array))}"
    low, high = _bounds(space)
    outside = (array < low) | (array > high)
    if outside.any():
        return f"{array[outside].flat[0]:g} at step {_first(outside)} is outside {short_text(space)}"
    return ""


def _bounds(space: Any) -> tuple[Any, Any]:
    if isinstance(space, spaces.Box):
        return space.low, space.high
    if isinstance(space, spaces.Discrete):
        return space.start, space.start + space.n - 1
    if isinstance(space, spaces.MultiDiscrete):
        return space.start, space.start + space.nvec - 1
    return 0, 1


def _first(wrong: np.ndarray) -> int:
    return int(np.argwhere(wrong)[0][0])
