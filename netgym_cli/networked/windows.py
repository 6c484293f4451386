"""What the agent sees: the last observations by the time they were made, with gaps where they did not arrive."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from netgym_cli.errors import ConfigError

OBSERVATIONS, MASK, AGE = "observations", "recv_mask", "age_ms"


class Windows:
    """The newest `size` observations, one store for each Box they consist of.

    Step t has place t mod `size` in a store, and the same one `size` further on: so the window is one slice of the
    store, whatever its newest place.

    Args:
        space: of one observation, Box or Dict of Boxes.
        size: number of observations to keep.
        hold: whether a gap repeats the newest observation before it that arrived, and is not zero.
        age: whether the age of information is part of what the agent sees.

    Attributes:
        space: of what `read` returns.
        data_bytes: size of one observation.

    Raises:
        ConfigError: another kind of space.
    """

    def __init__(self, space: gymnasium.Space[Any], size: int, hold: bool, age: bool) -> None:
        parts = boxes(space)
        self._size, self._hold, self._age = size, hold, age
        self._stores = [_Store(key, box, size) for key, box in parts.items()]
        self._mask = np.zeros(2 * size, np.int8)
        self.data_bytes = max(1, sum(math.prod(box.shape) * box.dtype.itemsize for box in parts.values()))
        seen: dict[str, gymnasium.Space[Any]] = {store.name: _stacked(parts[store.key], size) for store in self._stores}
        seen[MASK] = spaces.MultiBinary(size)
        if age:
            seen[AGE] = spaces.Box(0, np.inf, (1,), np.float32)
        self.space = spaces.Dict(seen)

    def clear(self) -> None:
        """An episode begins."""
        self._mask[:] = 0
        for store in self._stores:
            store.shown[:] = 0
            store.before[...] = 0

    def make(self, step: int, observation: Any) -> None:
        """The observation of `step` exists, but has not arrived; the oldest one leaves the window."""
        place = step % self._size
        if self._hold and self._mask[place]:
            for store in self._stores:
                store.before[...] = store.shown[place]
        self._mask[place] = self._mask[place + self._size] = 0
        for store in self._stores:
            store.made[place] = observation[store.key] if store.key else observation
            store.shown[place] = store.shown[place + self._size] = 0

    def show(self, step: int, now: int) -> None:
        """The observation of `step` has arrived; `now` is the present step. Nothing if it has left the window."""
        size = self._size
        if now - step >= size:
            return
        place = step % size
        self._mask[place] = self._mask[place + size] = 1
        for store in self._stores:
            store.shown[place] = store.shown[place + size] = store.made[place]

    def read(self, step: int, age_ms: float) -> dict[str, np.ndarray]:
        """What the agent sees at `step`: copies, oldest first."""
        first = step % self._size + 1
        window = slice(first, first + self._size)
        mask = self._mask[window].copy()
        if self._hold:
            seen = {store.name: store.held(window, mask) for store in self._stores}
        else:
            seen = {store.name: store.shown[window].copy() for store in self._stores}
        seen[MASK] = mask
        if self._age:
            seen[AGE] = np.array([age_ms], np.float32)
        return seen


class _Store:
    """The observations of one Box."""

    def __init__(self, key: str, box: spaces.Box, size: int) -> None:
        self.key, self.name = key, f"{OBSERVATIONS}_{key}" if key else OBSERVATIONS
        self.made = np.zeros((size, *box.shape), box.dtype)
        self.shown = np.zeros((2 * size, *box.shape), box.dtype)
        self.before = np.zeros(box.shape, box.dtype)  # the newest one that arrived and has left the window

    def held(self, window: slice, mask: np.ndarray) -> np.ndarray:
        source = np.maximum.accumulate(np.where(mask, np.arange(len(mask)), -1))
        filled: np.ndarray = self.shown[window][source]
        filled[source < 0] = self.before
        return filled


def boxes(space: gymnasium.Space[Any]) -> dict[str, spaces.Box]:
    """The Boxes that observations consist of: by key, or under `""`. Raises `ConfigError` for other spaces."""
    parts = dict(space.spaces) if isinstance(space, spaces.Dict) else {"": space}
    if not parts or not all(isinstance(part, spaces.Box) for part in parts.values()):
        raise ConfigError(
            f"the observations are {space}; allowed behind a channel: a Box or a Dict of Boxes. "
            "Wrap the environment first, for example in gymnasium.wrappers.FlattenObservation."
        )
    return parts  # type: ignore[return-value]


def _stacked(box: spaces.Box, size: int) -> spaces.Box:
    """`size` of `box`, its bounds widened to hold the zeros of the gaps."""
    stack = (size,) + (1,) * len(box.shape)
    dtype: Any = box.dtype
    return spaces.Box(np.tile(np.minimum(box.low, 0), stack), np.tile(np.maximum(box.high, 0), stack), dtype=dtype)
