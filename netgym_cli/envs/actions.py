"""An agent's action as an array of the action space, or a message that says what is wrong with it."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ActionError
from netgym_cli.config.schema import require


def is_empty(action: Any) -> bool:
    """True for the empty action (`None` or length 0), which hands control to the default algorithm."""
    return action is None or (hasattr(action, "__len__") and getattr(action, "ndim", 1) > 0 and len(action) == 0)


def box_action(action: Any, space: spaces.Box) -> np.ndarray:
    """`action` as a new float64 array inside `space`. Raises `ActionError` for anything else, NaN included."""
    low, high = space.low.min(), space.high.max()
    try:
        values = np.array(action).astype(np.float64, casting="same_kind")
    except (TypeError, ValueError) as error:
        raise ActionError(f"action is {action!r}; allowed: an array of numbers from {low:g} to {high:g}.") from error
    _require_shape(values, space)
    if not np.isfinite(values).all():
        raise ActionError(
            f"action holds NaN or infinity: {values.tolist()}; allowed: numbers from {low:g} to {high:g}."
        )
    if not ((values >= space.low) & (values <= space.high)).all():
        raise ActionError(
            f"action ranges from {values.min():g} to {values.max():g}; allowed: numbers from {low:g} to {high:g}."
        )
    return values


def discrete_action(action: Any, space: spaces.MultiDiscrete) -> np.ndarray:
    """`action` as a new int64 array inside `space`. Raises `ActionError` for anything else, fractions included."""
    values = np.array(action)
    _require_shape(values, space)
    if values.dtype.kind not in "iufb" or not np.isfinite(values).all() or (values != np.round(values)).any():
        raise ActionError(f"action is {values.tolist()}; allowed: whole numbers.")
    if (values < 0).any() or (values >= space.nvec).any():
        raise ActionError(f"action is {values.tolist()}; allowed: from 0 to {(space.nvec - 1).tolist()}, each.")
    return values.astype(np.int64)


def stated_action(value: Any, space: spaces.Space[Any], key: str) -> np.ndarray:
    """The action in `space` that `value` stands for, broadcast to its shape.

    Args:
        value: a number, a nested list, or None for the middle of a Box or the first choice of another space.
        space: a Box, Discrete, MultiDiscrete or MultiBinary.
        key: where it was stated, for messages.

    Raises:
        ConfigError: no such action.
    """
    allowed = f"null, or a number or (nested) list of numbers that makes an action of {space}"
    if value is None:
        value = getattr(space, "start", 0)
        if isinstance(space, spaces.Box):
            bounded = bool(np.isfinite([space.low, space.high]).all())
            require(bounded, key, None, f"a number or (nested) list, as {space} has no middle")
            value = (space.low.astype(np.float64) + space.high) / 2
    try:
        array = np.array(value)
        require(array.dtype.kind in "iuf", key, value, allowed)
        action: np.ndarray = np.broadcast_to(array, space.shape or ()).astype(space.dtype)
    except ValueError as error:  # ConfigError is one, too, and tells the same
        require(False, key, value, f"{allowed}, of shape {space.shape}")
        raise AssertionError from error
    whole = array.dtype.kind != "f" or isinstance(space, spaces.Box) or bool((array == np.round(array)).all())
    require(whole and space.contains(action), key, value, allowed)
    return action


def _require_shape(values: np.ndarray, space: spaces.Space[Any]) -> None:
    if values.shape != space.shape:
        raise ActionError(f"action has shape {values.shape}; allowed: {space.shape}, or empty.")
