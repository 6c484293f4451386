"""The contents of a replay buffer in portions, so that a large one need not be stored whole again and again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

MOST_PORTIONS = 64  # of one buffer, before it is told whole again


class ReplayRows:
    """Tells what a replay buffer has got since the last time.

    Args:
        buffer: of Stable-Baselines3: a ring of rows, one per step of all simulators.
        added: number of rows that it has got so far, also of those that it has lost.
        portions: those that it was refilled from.
    """

    def __init__(self, buffer: Any, added: int = 0, portions: Sequence[Mapping[str, np.ndarray]] = ()) -> None:
        self._buffer, self._told, self._portions = buffer, added, len(portions)
        self._since_whole = sum(len(portion["places"]) for portion in portions)

    def new(self, added: int) -> tuple[dict[str, np.ndarray], bool]:
        """The rows since the last call, and whether these are all that there are.

        Args:
            added: number of rows that the buffer has got so far.
        """
        size, count = self._buffer.buffer_size, added - self._told
        whole = self._portions in (0, MOST_PORTIONS) or count >= size or self._since_whole + count >= 2 * size
        held = min(added, size)
        first = added - held if whole else self._told
        # One more: where memory is saved, the place of the next row holds the newest observation's successor.
        places = np.arange(first, min(added + 1, first + size)) % size
        self._told = added
        self._portions = 1 if whole else self._portions + 1
        self._since_whole = held if whole else self._since_whole + count
        return {"places": places, **{name: values[places] for name, values in _columns(self._buffer).items()}}, whole


def refill(buffer: Any, portions: Iterable[Mapping[str, np.ndarray]], place: Mapping[str, Any]) -> None:
    """Puts portions into an empty buffer, in their order, and its place in the ring as `place_of` told it."""
    columns = _columns(buffer)
    for portion in portions:
        for name, values in columns.items():
            values[portion["places"]] = portion[name]
    buffer.pos, buffer.full = place["pos"], place["full"]


def place_of(buffer: Any) -> dict[str, Any]:
    """Where the ring of a buffer goes on."""
    return {"pos": int(buffer.pos), "full": bool(buffer.full)}


def _columns(buffer: Any) -> dict[str, np.ndarray]:
    """All arrays of a buffer by name; those by key under `name/key`."""
    columns: dict[str, np.ndarray] = {}
    for name, value in vars(buffer).items():
        if isinstance(value, np.ndarray) and len(value) == buffer.buffer_size:
            columns[name] = value
        elif isinstance(value, dict):
            columns |= {f"{name}/{key}": part for key, part in value.items() if isinstance(part, np.ndarray)}
    return columns
