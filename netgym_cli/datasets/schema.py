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
