"""The flat HDF5 layout of D4RL, which CORL and others read: all steps of all episodes one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.datasets import Dataset, Episode

CHUNK_BYTES = 2**18
ROWS_AT_ONCE, BYTES_AT_ONCE = 2**14, 2**25


def write_hdf5(dataset: Dataset, path: Path) -> None:
    """Writes `observations, actions, rewards, next_observations, terminals, timeouts` to `path`.

    Arrays keep the shape of their space; a Dict or Tuple is a group. `episodes` holds the episode of each step, `seeds`
    its seed (-1 if there is none). The attribute `metadata` holds the dataset's metadata as JSON. No more than
    an episode and 32 MiB are held in memory. Raises `OSError` if it cannot be written.
    """
    import h5py

    with path.open("w+b", buffering=0) as opened:
        disk = _Disk(opened)
        with h5py.File(disk, "w", libver=("v108", "latest")) as file:  # v108: an attribute may be longer than 64 KiB
            file.attrs["dataset_id"] = dataset.id
            file.attrs["metadata"] = json.dumps(dataset.metadata)
            held: dict[str, list[np.ndarray]] = {}
            for number, episode in enumerate(dataset.episodes()):
                for name, values in _arrays(dataset, number, episode):
                    held.setdefault(name, []).append(values)
                size = sum(parts[-1].nbytes for parts in held.values()) * len(held["rewards"])
                if sum(map(len, held["rewards"])) >= ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
                    _flush(file, held)
                    disk.raise_failure()
            _flush(file, held)
        disk.raise_failure()


class _Disk:
    """A file that holds back a failure until it is asked: the HDF5 library crashes on a full disk."""

    def __init__(self, file: FileIO) -> None:
        self.file = file
        self.failure: OSError | None = None
        self.seek, self.tell, self.flush = file.seek, file.tell, file.flush
        self.read, self.readinto = file.read, file.readinto

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view) and not self.failure:
            try:
                done += self.file.write(view[done:])
            except OSError as error:
                self.failure = error
        return len(view)

    def truncate(self, size: int) -> int:
        try:
            return self.file.truncate(size)
        except OSError as error:
            self.failure = self.failure or error
            return size

    def raise_failure(self) -> None:
        """Raises the first `OSError` of a write."""
        if self.failure:
            raise self.failure


def _arrays(dataset: Dataset, number: int, episode: Episode) -> Iterator[tuple[str, np.ndarray]]:
    steps = len(episode)
    seed = episode.about.get("seed")
    now, after = slice(0, steps), slice(1, steps + 1)
    yield from _parts("observations", dataset.observation_space, episode.observations, now)
    yield from _parts("actions", dataset.action_space, episode.actions, now)
    yield from _parts("next_observations", dataset.observation_space, episode.observations, after)
    yield "rewards", episode.rewards.astype(np.float32)
    yield "terminals", episode.terminations
    yield "timeouts", episode.truncations
    yield "episodes", np.full(steps, number)
    yield "seeds", np.full(steps, seed if isinstance(seed, int) and abs(seed) < 2**63 else -1)


def _parts(name: str, space: spaces.Space[Any], values: Any, rows: slice) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(space, spaces.Dict | spaces.Tuple):
        for key, part in space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces):
            yield from _parts(f"{name}/{key}", part, values[key], rows)
    elif isinstance(space, spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary):
        yield name, np.asarray(values)[rows]
    else:
        raise ConfigError(f"entries of {space} are not arrays and cannot be stored in this layout.")


def _flush(file: Any, held: dict[str, list[np.ndarray]]) -> None:
    for name, parts in held.items():
        values = np.concatenate(parts)
        if name not in file:
            row_bytes = max(values[:1].nbytes, 1)
            chunks = (max(CHUNK_BYTES // row_bytes, 1), *values.shape[1:])
            longest = (None, *values.shape[1:])
            file.create_dataset(
                name, data=values, maxshape=longest, chunks=chunks, compression="gzip", compression_opts=1
            )
            continue
        before = len(file[name])
        file[name].resize(before + len(values), axis=0)
        file[name][before:] = values
    held.clear()
