"""The flat HDF5 layout of D4RL, which CORL and others read: all steps of all episodes one after the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.datasets import Dataset
from netgym_cli.errors import ConfigError

CHUNK_BYTES = 2**18


def write_hdf5(dataset: Dataset, path: Path) -> None:
    """Writes `observations, actions, rewards, next_observations, terminals, timeouts` to `path`.

    Arrays keep the shape of their space; a Dict or Tuple is a group. `episodes` tells the episode of each step, `seeds`
    its seed (-1 if there is none). The attribute `metadata` holds the dataset's metadata as JSON. One episode is held
    in memory at a time.
    """
    import h5py

    with h5py.File(path, "w", libver=("v108", "latest")) as file:  # v108: an attribute may be longer than 64 KiB
        file.attrs["dataset_id"] = dataset.id
        file.attrs["metadata"] = json.dumps(dataset.metadata)
        for number, episode in enumerate(dataset.episodes()):
            steps = len(episode)
            seed = episode.about.get("seed")
            _append(file, "observations", dataset.observation_space, episode.observations, slice(0, steps))
            _append(file, "actions", dataset.action_space, episode.actions, slice(0, steps))
            _append(file, "next_observations", dataset.observation_space, episode.observations, slice(1, steps + 1))
            for name, values in (
                ("rewards", episode.rewards.astype(np.float32)),
                ("terminals", episode.terminations),
                ("timeouts", episode.truncations),
                ("episodes", np.full(steps, number)),
                ("seeds", np.full(steps, seed if isinstance(seed, int) and abs(seed) < 2**63 else -1)),
            ):
                _extend(file, name, values)


def _append(group: Any, name: str, space: spaces.Space[Any], values: Any, rows: slice) -> None:
    if isinstance(space, spaces.Dict | spaces.Tuple):
        for key, part in space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces):
            _append(group.require_group(name), str(key), part, values[key], rows)
        return
    if not isinstance(space, spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary):
        raise ConfigError(f"entries of {space} are no arrays and have no place in this layout.")
    _extend(group, name, np.asarray(values)[rows])


def _extend(group: Any, name: str, values: np.ndarray) -> None:
    if name not in group:
        row_bytes = max(int(np.prod(values.shape[1:])) * values.itemsize, 1)
        chunks = (max(CHUNK_BYTES // row_bytes, 1), *values.shape[1:])
        group.create_dataset(
            name, (0, *values.shape[1:]), values.dtype, maxshape=(None, *values.shape[1:]), chunks=chunks
        )
    array = group[name]
    before = len(array)
    array.resize(before + len(values), axis=0)
    array[before:] = values
