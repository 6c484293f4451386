"""`recorded.parquet`: what an agent saw and did, a row for every step, as lists of numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError

NUMBERS = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
OBSERVATION, ACTION, LAST = "observation", "action", "last_observation"
SHAPE = b"netgym.shape."  # begins the keys of the schema under which the shapes of its columns stand
PLACES = ("session", "env", "episode", "step")
Parts = list[np.ndarray]  # of an observation or action, in the order of the columns, along a first axis of slots


class RecordedSteps(NamedTuple):
    """One step in n slots: the first `env`, and parts whose first axis is the slots.

    `actions` has a part less where the action was empty: `given` says in which slots it was not. `last` is None but at
    the end of an episode.
    """

    session: int
    env: int
    episode: int
    step: int
    total_step: int
    seen: Parts
    given: np.ndarray
    actions: Parts
    last: Parts | None


def require_recordable(observations: spaces.Space[Any], actions: spaces.Space[Any]) -> None:
    """Raises `ConfigError` unless both spaces are of plain numbers."""
    for name, space in ((OBSERVATION, observations), (ACTION, actions)):
        for leaf in _leaves(name, space):
            if not isinstance(leaf.space, NUMBERS):
                raise ConfigError(
                    f"record is true, and {leaf.name} is a {leaf.space}; allowed: numbers (Box, Discrete, "
                    "MultiDiscrete, MultiBinary), also in a Dict or Tuple. Leave out record=true."
                )


class RecordedColumns:
    """The columns for an environment's observations and actions.

    Args:
        observations, actions: its spaces, which `require_recordable` has accepted.
    """

    def __init__(self, observations: spaces.Space[Any], actions: spaces.Space[Any]) -> None:
        self._observations, self._action_space = observations, actions
        self._seen, self._done = list(_leaves(OBSERVATION, observations)), list(_leaves(ACTION, actions))
        columns = [(leaf.name, leaf.shape, leaf.dtype) for leaf in self._seen]
        columns += [(leaf.name, leaf.shape, leaf.action_dtype) for leaf in self._done]
        columns += [(leaf.name.replace(OBSERVATION, LAST, 1), leaf.shape, leaf.dtype) for leaf in self._seen]
        shapes = {SHAPE + name.encode(): json.dumps(shape).encode() for name, shape, _ in columns}
        places = [*((name, pa.int32()) for name in PLACES), ("total_step", pa.int64())]
        lists = [(name, pa.list_(pa.from_numpy_dtype(dtype))) for name, _, dtype in columns]
        self._dtypes = [dtype for *_, dtype in columns]
        self.schema = pa.schema([*places, *lists], metadata=shapes)

    def observed(self, observation: Any, slots: bool) -> Parts:
        """Copies of the parts of an observation; `slots`: it has a first axis of slots already."""
        parts = zip(_values(self._observations, observation), self._seen, strict=True)
        arrays = [np.array(part, leaf.dtype) for part, leaf in parts]
        return arrays if slots else [array[None] for array in arrays]

    def acted(self, actions: Sequence[Any]) -> tuple[np.ndarray, Parts]:
        """In which slots the action was not empty, and the parts of those."""
        given = np.array([not _is_empty(action) for action in actions])
        pairs = zip(actions, given, strict=True)
        taken = [_values(self._action_space, action) for action, there in pairs if there]
        parts = [
            np.array([np.asarray(values[k]) for values in taken], leaf.action_dtype).reshape(-1, *leaf.shape)
            for k, leaf in enumerate(self._done)
        ]
        return given, parts

    def encode(self, items: Sequence[RecordedSteps]) -> pa.Table:
        """One table of all rows."""
        if not items:
            return self.schema.empty_table()
        sizes = [len(item.given) for item in items]
        arrays = [pa.array(np.repeat([getattr(item, name) for item in items], sizes), pa.int32()) for name in PLACES]
        slots = np.concatenate([np.arange(size) for size in sizes])
        arrays[1] = pa.array(np.asarray(arrays[1]) + slots, pa.int32())
        arrays.append(pa.array(np.repeat([item.total_step for item in items], sizes) + slots, pa.int64()))
        every = [np.ones(size, bool) for size in sizes]
        ended = [np.full(size, item.last is not None) for size, item in zip(sizes, items, strict=True)]
        groups = (
            (every, [item.seen for item in items]),
            ([item.given for item in items], [item.actions for item in items]),
            (ended, [item.last for item in items if item.last is not None]),
        )
        dtypes = iter(self._dtypes)
        for there, (masks, parts) in zip((self._seen, self._done, self._seen), groups, strict=True):
            for k in range(len(there)):
                arrays.append(_lists([part[k] for part in parts], np.concatenate(masks), next(dtypes)))
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def action(self, row: Mapping[str, Any]) -> Any:
        """The action of a row as `to_pylist` gives it; None for the empty one."""
        parts = {leaf.name: row[leaf.name] for leaf in self._done}
        return None if None in parts.values() else _joined(ACTION, self._action_space, parts)


class _Leaf(NamedTuple):
    """A part of a space that is no space of spaces, and the name of its column."""

    name: str
    space: spaces.Space[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.space.shape or ()

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.space.dtype)

    @property
    def action_dtype(self) -> np.dtype[Any]:
        """What holds any action, also of an agent that computes with more bits than the space has."""
        return np.dtype(np.float64) if isinstance(self.space, spaces.Box) else self.dtype


def _is_empty(action: Any) -> bool:
    """Whether it is the empty action, `None` or of length 0."""
    listed = isinstance(action, list | tuple) or getattr(action, "ndim", 0) > 0
    return action is None or (listed and len(action) == 0)


def _leaves(name: str, space: spaces.Space[Any]) -> Iterator[_Leaf]:
    """The parts of a space, in the order of the columns."""
    if isinstance(space, spaces.Dict):
        for key, part in space.items():
            yield from _leaves(f"{name}.{key}", part)
    elif isinstance(space, spaces.Tuple):
        for place, part in enumerate(space.spaces):
            yield from _leaves(f"{name}.{place}", part)
    else:
        yield _Leaf(name, space)


def _values(space: spaces.Space[Any], value: Any) -> list[Any]:
    """The parts of a member of `space`, in the same order."""
    if isinstance(space, spaces.Dict):
        return [leaf for key, part in space.items() for leaf in _values(part, value[key])]
    if isinstance(space, spaces.Tuple):
        return [leaf for part, own in zip(space.spaces, value, strict=True) for leaf in _values(part, own)]
    return [value]


def _joined(name: str, space: spaces.Space[Any], parts: Mapping[str, list[Any]]) -> Any:
    """A member of `space` of the numbers of its parts, by their columns."""
    if isinstance(space, spaces.Dict):
        return {key: _joined(f"{name}.{key}", part, parts) for key, part in space.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_joined(f"{name}.{place}", part, parts) for place, part in enumerate(space.spaces))
    leaf = _Leaf(name, space)
    wide = np.array(parts[name], leaf.action_dtype).reshape(leaf.shape)
    narrow = wide.astype(leaf.dtype)
    array = narrow if (narrow == wide).all() else wide
    return array if leaf.shape else array[()]


def _lists(parts: Sequence[np.ndarray], there: np.ndarray, dtype: np.dtype[Any]) -> pa.Array:
    """A list for each of the rows that are `there`, of all parts one after the other, and null for the others."""
    rows = [part.reshape(len(part), math.prod(part.shape[1:])) for part in parts]
    values = np.concatenate(rows) if rows else np.empty((0, 0), dtype)
    offsets = np.concatenate([[0], np.cumsum(np.where(there, values.shape[1], 0))]).astype(np.int32)
    missing = np.append(~there, False)
    return pa.ListArray.from_arrays(pa.array(offsets, mask=missing), pa.array(np.ascontiguousarray(values).ravel()))
