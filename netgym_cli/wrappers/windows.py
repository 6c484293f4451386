"""What the agent sees: the last observations by the time they were made, with gaps where they did not arrive."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError

STORE_BYTES = 1 << 16  # of the rows that spare moving the window back at every step
OBSERVATIONS, MASK, AGE = "observations", "recv_mask", "age_ms"


class Windows:
    """The newest `size` observations, one store for each Box they consist of.

    A store has a row per step and more rows than the window, so that the window is one slice that moves on by a row per
    step; only at the end of the store it is moved back to the beginning. Rows that nothing has arrived for are zero.

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
        self.data_bytes = max(1, sum(math.prod(box.shape) * box.dtype.itemsize for box in parts.values()))
        self._size, self._hold, self._age = size, hold, age
        self._length = size + max(size, STORE_BYTES // self.data_bytes)
        self._stores = [_Store(key, box, size, self._length) for key, box in parts.items()]
        self._mask = np.zeros(self._length, np.int8)
        self._step, self._row, self._arrived = 0, size - 1, False
        self._present: Any = None
        shown: dict[str, gymnasium.Space[Any]] = {
            store.name: _stacked(parts[store.key], size) for store in self._stores
        }
        shown[MASK] = spaces.MultiBinary(size)
        if age:
            shown[AGE] = spaces.Box(0, np.inf, (1,), np.float32)
        self.space = spaces.Dict(shown)

    def begin(self, observation: Any) -> None:
        """An episode begins with this observation, which has not arrived."""
        used = slice(self._row + 1)
        self._mask[used] = 0
        for store in self._stores:
            store.rows[used] = 0
            store.before[...] = 0
        self._step, self._row, self._arrived, self._present = 0, self._size - 1, False, observation

    def move_on(self, observation: Any) -> None:
        """The next step has this observation, which has not arrived; the oldest one leaves the window."""
        if self._hold and self._mask[leaving := self._row - self._size + 1]:
            for store in self._stores:
                store.before[...] = store.rows[leaving]
        self._step += 1
        self._row += 1
        self._arrived, self._present = False, observation
        if self._row == self._length:
            self._move_back()

    def show(self, step: int) -> None:
        """The observation of `step` has arrived. Nothing if it had arrived before or has left the window."""
        late = self._step - step
        row = self._row - late
        if late >= self._size or self._mask[row]:
            return
        self._mask[row] = 1
        if late:
            for store in self._stores:
                store.rows[row] = store.waiting[step % self._size]
            return
        self._arrived = True
        for store in self._stores:
            store.rows[row] = self._present[store.key] if store.key else self._present

    def read(self, age_ms: float) -> dict[str, np.ndarray]:
        """What the agent sees in the present step, after its arrivals: copies, oldest first."""
        if not self._arrived:
            place = self._step % self._size
            for store in self._stores:  # a copy, because environments may use their arrays again
                store.waiting[place] = self._present[store.key] if store.key else self._present
        window = slice(self._row - self._size + 1, self._row + 1)
        mask = self._mask[window].copy()
        if self._hold:
            shown = {store.name: store.held(window, mask) for store in self._stores}
        else:
            shown = {store.name: store.rows[window].copy() for store in self._stores}
        shown[MASK] = mask
        if self._age:
            shown[AGE] = np.array([age_ms], np.float32)
        return shown

    def _move_back(self) -> None:
        kept = slice(self._length - self._size + 1, self._length)
        for array in (self._mask, *(store.rows for store in self._stores)):
            array[: self._size - 1] = array[kept]
            array[self._size - 1 :] = 0
        self._row = self._size - 1


class _Store:
    """The observations of one Box."""

    def __init__(self, key: str, box: spaces.Box, size: int, length: int) -> None:
        self.key, self.name = key, f"{OBSERVATIONS}_{key}" if key else OBSERVATIONS
        self.waiting = np.zeros((size, *box.shape), box.dtype)  # what has not arrived in its own step
        self.rows = np.zeros((length, *box.shape), box.dtype)
        self.before = np.zeros(box.shape, box.dtype)  # the newest one that arrived and has left the window

    def held(self, window: slice, mask: np.ndarray) -> np.ndarray:
        source = np.maximum.accumulate(np.where(mask, np.arange(len(mask)), -1))
        filled: np.ndarray = self.rows[window][source]
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
