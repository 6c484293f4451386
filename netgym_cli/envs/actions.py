"""An agent's action as a member of the action space, or a message that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ActionError
from netgym_cli.config.schema import require

NUMBERS = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


def is_empty(action: Any) -> bool:
    """True for the empty action (`None` or length 0), which hands control to the default algorithm."""
    return action is None or (hasattr(action, "__len__") and getattr(action, "ndim", 1) > 0 and len(action) == 0)


def environment_action(action: Any, space: spaces.Space[Any]) -> Any:
    """An agent's action as the environment gets it: the one place where it is rounded and gets the space's own dtype.

    Numbers for a Box of whole numbers are rounded to the nearest one, a half beyond a bound included: see `edges`. A
    float of fewer bits than the space's that lies beyond a bound by its own rounding alone means the bound. Choices
    get the space's integer dtype. Anything else is returned as it is, for the adapter to judge.

    Raises:
        ActionError: NaN, or a number farther beyond the bounds, for a Box of whole numbers.
    """
    if isinstance(space, spaces.Dict) and isinstance(action, Mapping) and action.keys() == space.spaces.keys():
        return {key: environment_action(action[key], part) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple) and isinstance(action, tuple) and len(action) == len(space.spaces):
        return tuple(environment_action(entry, part) for entry, part in zip(action, space.spaces, strict=True))
    if is_empty(action) or not isinstance(space, NUMBERS):
        return action
    if isinstance(space, spaces.Box) and holds_whole_numbers(space):
        return _rounded(action, space)
    if not isinstance(action, np.ndarray | np.generic) or action.dtype == space.dtype or action.shape != space.shape:
        return action
    if not isinstance(space, spaces.Box):
        allowed = "iufb" if isinstance(space, spaces.MultiBinary) else "iu"
        converted = action.astype(space.dtype) if action.dtype.kind in allowed else action
        return converted if (converted == action).all() else action
    if action.dtype.kind == "f" and action.dtype.itemsize < space.dtype.itemsize:
        low, high = space.low.astype(action.dtype), space.high.astype(action.dtype)
        if ((action >= low) & (action <= high)).all():
            return np.clip(action.astype(space.dtype), space.low, space.high)
    return action


def holds_whole_numbers(space: spaces.Box) -> bool:
    """Whether the members of `space` are whole numbers; booleans are 0 and 1."""
    return space.dtype.kind in "iub"


def edges(space: spaces.Box) -> tuple[np.ndarray, np.ndarray]:
    """The interval in which a learner of floats acts, low and high of the space's shape.

    It is that of the bounds; of whole numbers half a unit wider at both ends, so that each of them is the rounded value
    of an equally long part of the interval.
    """
    if not holds_whole_numbers(space):
        return space.low, space.high
    return space.low.astype(np.float64) - 0.5, space.high.astype(np.float64) + 0.5


def _rounded(action: Any, space: spaces.Box) -> Any:
    values = np.asarray(action)
    if values.dtype.kind not in "iufb" or values.shape != space.shape:
        return action
    low, high = edges(space)
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):
            low, high = low.astype(values.dtype), high.astype(values.dtype)
    if not ((values >= low) & (values <= high)).all():
        raise ActionError(
            f"action is {values.tolist()}; allowed: whole numbers from {int(space.low.min())} to "
            f"{int(space.high.max())}, or numbers that round to them."
        )
    nearest = values if values.dtype.kind in "iub" else np.rint(values)
    with np.errstate(invalid="ignore"):  # a float that rounds beyond the dtype is replaced by the bound
        inside = nearest.astype(space.dtype)
    return np.where(nearest <= space.low, space.low, np.where(nearest >= space.high, space.high, inside))


def box_action(action: Any, space: spaces.Box, many: bool = False) -> np.ndarray:
    """`action` as a new float64 array inside `space`. Raises `ActionError` for anything else, NaN included.

    With `many` also the actions of many networks, along a leading axis.
    """
    try:
        given = np.asarray(action)
        values = given.astype(np.float64, casting="same_kind")
    except (TypeError, ValueError) as error:
        raise ActionError(f"action is {action!r}; allowed: an array of {_numbers_of(space)}.") from error
    _require_shape(values, space, many)
    if not np.isfinite(given).all():
        raise ActionError(f"action holds NaN or infinity: {values.tolist()}; allowed: {_numbers_of(space)}.")
    if not ((given >= space.low) & (given <= space.high)).all():  # in its own dtype: conversions cost more than this
        raise ActionError(f"action ranges from {values.min():g} to {values.max():g}; allowed: {_numbers_of(space)}.")
    return values


def _numbers_of(space: spaces.Box) -> str:
    return f"numbers from {space.low.min():g} to {space.high.max():g}"


def discrete_action(action: Any, space: spaces.MultiDiscrete, many: bool = False) -> np.ndarray:
    """`action` as a new int64 array inside `space`. Raises `ActionError` for anything else, fractions included.

    With `many` also the actions of many networks, along a leading axis.
    """
    values = np.array(action)
    _require_shape(values, space, many)
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
            value = np.trunc(value) if holds_whole_numbers(space) else value
    try:
        array = np.array(value)
        require(array.dtype.kind in "iuf", key, value, allowed)
        action: np.ndarray = np.broadcast_to(array, space.shape or ()).astype(space.dtype)
    except ValueError as error:  # ConfigError is one, too, and tells the same
        require(False, key, value, f"{allowed}, of shape {space.shape}")
        raise AssertionError from error
    floats = isinstance(space, spaces.Box) and not holds_whole_numbers(space)
    whole = array.dtype.kind != "f" or floats or bool((array == np.round(array)).all())
    require(whole and space.contains(action), key, value, allowed)
    return action


def wrong_shape(shape: tuple[int, ...], space: spaces.Space[Any]) -> ActionError:
    """The error for an action of another shape than the space's."""
    return ActionError(f"action has shape {shape}; allowed: {space.shape}, or empty.")


def _require_shape(values: np.ndarray, space: spaces.Space[Any], many: bool) -> None:
    of_many = many and values.ndim > 0 and values.shape[1:] == space.shape
    if values.shape != space.shape and not of_many:
        raise wrong_shape(values.shape, space)
