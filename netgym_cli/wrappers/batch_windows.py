"""What the agents of many copies see: the last observations of each by the time they were made, with gaps."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces


class BatchWindows:
    """The newest `size` observations of n copies that are stepped together; see `Windows`.

    The present step has the same place in all copies, in a store of twice the length, so that the window is one slice
    of it. An observation is moved as one item of its bytes, several times faster than number by number.

    Args:
        box: the space of one observation.
        size: number of observations to keep.
        copies: n.
        hold: whether a gap repeats the newest observation before it that arrived, and is not zero.
    """

    def __init__(self, box: spaces.Box, size: int, copies: int, hold: bool) -> None:
        self._size, self._hold, self._shape = size, hold, (copies, size, *box.shape)
        self._dtype = box.dtype
        assert self._dtype is not None
        item = np.dtype((np.void, self._dtype.itemsize * int(np.prod(box.shape))))
        self._made = np.zeros((copies, size), item)
        self._shown = np.zeros((copies, 2 * size), item)
        self._before = np.zeros(copies, item)  # the newest one that arrived and has left the window
        self._gap = np.zeros((), item)
        self._mask = np.zeros((copies, 2 * size), np.int8)
        self._place = 0

    def clear(self, which: np.ndarray) -> None:
        """An episode begins in the copies `which`, int of any shape `(m,)`."""
        self._mask[which] = 0
        self._shown[which] = self._gap
        self._before[which] = self._gap

    def make(self, observations: np.ndarray) -> None:
        """A step begins in all copies; their observations, of shape `(n, *shape)`, exist, but have not arrived."""
        self._place = place = (self._place + 1) % self._size
        if self._hold:
            left = self._mask[:, place] > 0
            self._before[left] = self._shown[left, place]
        items = np.ascontiguousarray(observations, self._dtype).reshape(len(self._made), -1)
        self._made[:, place] = items.view(self._made.dtype)[:, 0]
        for each in (place, place + self._size):
            self._mask[:, each] = 0
            self._shown[:, each] = self._gap

    def show(self, copies: np.ndarray, ages: np.ndarray) -> None:
        """Observations have arrived, made `ages` steps ago in `copies`; both int of shape `(m,)`.

        Those that have left the window are passed over.
        """
        place: int | np.ndarray = self._place
        if ages.any():
            kept = ages < self._size
            copies = copies[kept]
            place = (self._place - ages[kept]) % self._size
        items = self._made[copies, place]
        for each in (place, place + self._size):
            self._mask[copies, each] = 1
            self._shown[copies, each] = items

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Copies of the windows, of shape `(n, size, *shape)`, and masks, int8 of shape `(n, size)`; oldest first."""
        window = slice(self._place + 1, self._place + 1 + self._size)
        mask = self._mask[:, window].copy()
        shown = self._held(window, mask) if self._hold else self._shown[:, window].copy()
        return shown.view(self._dtype).reshape(self._shape), mask

    def _held(self, window: slice, mask: np.ndarray) -> np.ndarray:
        source = np.maximum.accumulate(np.where(mask, np.arange(self._size), -1), axis=1)
        held = np.take_along_axis(self._shown[:, window], source, axis=1)
        return np.where(source < 0, self._before[:, None], held)
