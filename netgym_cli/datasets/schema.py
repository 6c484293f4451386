"""An episode as the Parquet file that Minari's Arrow storage reads: one row per observation, the last without a step.

After Minari's dataset standards: an entry of a Box, MultiDiscrete or MultiBinary is a list of fixed size, of a Discrete
a number; a Dict or Tuple is a struct; the columns of steps are padded with zeros to the number of observations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.datasets.episode import Episode

LISTS = (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)


def require_storable(space: spaces.Space[Any], what: str) -> None:
    """Raises `ConfigError` if a dataset cannot hold members of `space`."""
    parts = space.spaces.values() if isinstance(space, spaces.Dict) else getattr(space, "spaces", ())
    for part in parts:
        require_storable(part, what)
    known = isinstance(space, (*LISTS, spaces.Discrete, spaces.Dict, spaces.Tuple))
    if not known or 0 in (space.shape or ()):  # Arrow ends the process at lists of the size 0
        raise ConfigError(
            f"the {what} {space} cannot be stored; allowed: Box, Discrete, MultiDiscrete and MultiBinary with entries, "
            "and Dict or Tuple of these."
        )


def as_stored(space: spaces.Space[Any]) -> spaces.Space[Any]:
    """`space` as a dataset's metadata tells it: Minari writes no dtype of a Discrete, and reads it in 64 bits."""
    if isinstance(space, spaces.Dict):
        return spaces.Dict({key: as_stored(part) for key, part in space.items()})
    if isinstance(space, spaces.Tuple):
        return spaces.Tuple(as_stored(part) for part in space.spaces)
    return spaces.Discrete(int(space.n), start=int(space.start)) if isinstance(space, spaces.Discrete) else space


def encode(episode: Episode, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> pa.Table:
    """The table of `episode`, with T + 1 rows."""
    columns = {
        "observations": _of_space(observation_space, episode.observations, 0),
        "actions": _of_space(action_space, episode.actions, 1),
        "rewards": pa.array(_padded(np.asarray(episode.rewards, np.float64), 1)),
        "terminations": pa.array(_padded(np.asarray(episode.terminations, bool), 1)),
        "truncations": pa.array(_padded(np.asarray(episode.truncations, bool), 1)),
    }
    if episode.infos:
        columns["infos"] = _of_infos(episode.infos)
    return pa.table(columns)


def decode(table: pa.Table, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> dict[str, Any]:
    """The arrays of an episode's table, however many pieces it was read in: `observations`, `actions` and so on.

    Raises:
        ValueError: its columns do not fit the spaces.
        KeyError: a column is missing.
    """
    steps = len(table) - 1
    flags = ("rewards", "terminations", "truncations")
    infos = whole_column(table, "infos") if "infos" in table.column_names else None
    return {
        "observations": entries(observation_space, whole_column(table, "observations"), steps + 1),
        "actions": entries(action_space, whole_column(table, "actions"), steps),
        **{name: np.asarray(whole_column(table, name))[:steps] for name in flags},
        "infos": {} if infos is None else {field.name: _info(infos.field(field.name), field) for field in infos.type},
    }


def is_decodable(space: spaces.Space[Any]) -> bool:
    """Whether `entries` reads what is stored of this space."""
    parts = space.spaces.values() if isinstance(space, spaces.Dict) else getattr(space, "spaces", ())
    return all(map(is_decodable, parts)) and isinstance(space, (*LISTS, spaces.Discrete, spaces.Dict, spaces.Tuple))


def entries(space: spaces.Space[Any], column: pa.Array, number: int) -> Any:
    """The first `number` entries of a column: an array, or a dict or tuple of such. Raises `ValueError`."""
    if isinstance(space, spaces.Dict):
        return {key: entries(part, column.field(key), number) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(entries(part, column.field(str(k)), number) for k, part in enumerate(space.spaces))
    if isinstance(space, LISTS):
        return np.asarray(column.flatten()).reshape(len(column), *(space.shape or ()))[:number]
    return np.asarray(column)[:number]


def whole_column(table: pa.Table, name: str) -> pa.Array:
    """A column in one piece. Raises `KeyError` if it is missing."""
    column = table[name].combine_chunks()
    return column if isinstance(column, pa.Array) else column.chunk(0)


def _info(column: pa.Array, field: pa.Field) -> np.ndarray:
    if not pa.types.is_fixed_size_list(field.type):
        return np.asarray(column)
    shape = (field.metadata or {}).get(b"shape", str(field.type.list_size).encode())
    return np.asarray(column.flatten()).reshape(len(column), *(int(size) for size in shape.split(b",") if size))


def _of_space(space: spaces.Space[Any], values: Any, pad: int) -> pa.Array:
    if isinstance(space, spaces.Dict):
        parts = [_of_space(part, values[key], pad) for key, part in space.spaces.items()]
        return pa.StructArray.from_arrays(parts, names=list(space.spaces))
    if isinstance(space, spaces.Tuple):
        parts = [_of_space(part, values[k], pad) for k, part in enumerate(space.spaces)]
        return pa.StructArray.from_arrays(parts, names=[str(k) for k in range(len(parts))])
    array = _padded(np.asarray(values, space.dtype), pad)
    return pa.array(array.reshape(-1)) if isinstance(space, spaces.Discrete) else _lists(array)


def _of_infos(infos: dict[str, np.ndarray]) -> pa.Array:
    arrays, fields = [], []
    for name, values in infos.items():
        array = pa.array(values) if values.ndim == 1 else _lists(values)
        shape = ",".join(str(size) for size in values.shape[1:])
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata={"shape": shape} if shape else None))
    return pa.StructArray.from_arrays(arrays, fields=fields)


def _lists(array: np.ndarray) -> pa.Array:
    flat = np.ascontiguousarray(array).reshape(len(array), -1)
    kind = pa.list_(pa.from_numpy_dtype(flat.dtype), flat.shape[1])
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.reshape(-1)), type=kind)


def _padded(array: np.ndarray, pad: int) -> np.ndarray:
    return np.concatenate([array, np.zeros((pad, *array.shape[1:]), array.dtype)]) if pad else array
