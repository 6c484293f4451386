"""What an agent did since a session began, in few bytes: enough to bring another simulator to the same moment."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from netgym_cli.common.errors import ReplayDiffers


class ActionLog:
    """Actions of one session, with a checksum of what each of them led to.

    Actions are kept as they were given: their bytes, and the kind of array that these are.
    """

    def __init__(self) -> None:
        self._kinds: list[tuple[str, tuple[int, ...]]] = []  # dtype and shape; an empty dtype is the empty action
        self._kind_of = bytearray()  # of each action, its place in the list
        self._data = bytearray()
        self._checks = bytearray()  # uint32 each
        self.recordable = True

    def __len__(self) -> int:
        return len(self._kind_of)

    def add(self, action: Any, check: int) -> None:
        """Appends an action and the checksum of what it led to."""
        kind, data = ("", ()), b""
        if action is not None:
            array = np.asarray(action)
            self.recordable = self.recordable and array.dtype.kind in "biuf"
            kind = (array.dtype.str, array.shape)
            data = array.tobytes() if self.recordable else b""
        if not self._kinds or kind != self._kinds[self._kind_of[-1]]:
            if kind not in self._kinds:
                self._kinds.append(kind)
                self.recordable = self.recordable and len(self._kinds) < 256
            if not self.recordable:
                return
            self._kind_of.append(self._kinds.index(kind))
        else:
            self._kind_of.append(self._kind_of[-1])
        self._data += data
        self._checks += check.to_bytes(4, "little")

    def state(self) -> dict[str, Any]:
        """All of it, as plain values and arrays."""
        return {
            "kinds": [[name, list(shape)] for name, shape in self._kinds],
            "kind_of": np.frombuffer(bytes(self._kind_of), np.uint8),
            "data": np.frombuffer(bytes(self._data), np.uint8),
            "checks": np.frombuffer(bytes(self._checks), "<u4"),
        }

    @staticmethod
    def replay(state: Mapping[str, Any]) -> Iterator[tuple[Any, int]]:
        """The actions of a `state` with their checksums, in order."""
        kinds, data, place = state["kinds"], state["data"].tobytes(), 0
        for number, check in zip(state["kind_of"].tolist(), state["checks"].tolist(), strict=True):
            name, shape = kinds[number]
            if not name:
                yield None, check
                continue
            dtype = np.dtype(name)
            size = dtype.itemsize * int(np.prod(shape, dtype=int))
            array = np.frombuffer(data[place : place + size], dtype).reshape(shape).copy()
            place += size
            yield (array if shape else array[()]), check


def checksum(*parts: Any) -> int:
    """Of numbers, arrays and dictionaries of arrays, to the bit; nothing else counts."""
    check = 0
    for part in parts:
        if isinstance(part, dict):
            check = zlib.crc32(checksum(*part.values()).to_bytes(4, "little"), check)
        elif isinstance(part, np.ndarray | np.generic | float | int):
            check = zlib.crc32(np.asarray(part).tobytes(), check)
    return check


def require_same(check: int, expected: int, where: str) -> None:
    """Raises `ReplayDiffers` if an action that was done again led to something else than before."""
    if check != expected:
        raise ReplayDiffers(
            f"{where} led to another measurement than before: the recorded actions were changed, or the simulator is "
            "not the one that the run had."
        )
