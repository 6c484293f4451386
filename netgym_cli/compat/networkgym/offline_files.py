"""Files of NetworkGym's offline data: `(states, actions, rewards, next_states)` of one run, in a pickle or an .npz."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from netgym_cli.common.errors import ConfigError
from netgym_cli.compat.networkgym.pickled_arrays import arrays_of
from netgym_cli.config.schema import require
from netgym_cli.datasets import Episode

NAMES = ("states", "actions", "rewards", "next_states")
SUFFIXES = (".pickle", ".pkl", ".npz")
LARGEST_BYTES = 2**30


@dataclass(frozen=True)
class Trajectory:
    """One file: T transitions of one run, float32.

    Attributes:
        states, next_states: shape `(T, S)`.
        actions: shape `(T, A)`, in [0, 1].
        rewards: float64 of shape `(T,)`.
    """

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    next_states: np.ndarray

    def episodes(self) -> Iterator[Episode]:
        """The episodes: a new one begins where a next state is not the following state. Each ends in a truncation."""
        joined = (self.next_states[:-1] == self.states[1:]).all(axis=1)
        starts = [0, *(np.flatnonzero(~joined) + 1).tolist(), len(self.states)]
        for first, end in pairwise(starts):
            steps = end - first
            yield Episode(
                observations=np.concatenate([self.states[first:end], self.next_states[end - 1 : end]]),
                actions=self.actions[first:end],
                rewards=self.rewards[first:end],
                terminations=np.zeros(steps, bool),
                truncations=np.arange(steps) == steps - 1,
            )


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files among `paths`, and those in the folders among them, in the order of their names.

    Raises:
        ConfigError: a path does not exist, or a folder holds no such files.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
            if not inside:
                raise ConfigError(f"'{path}' holds no file that ends in {', '.join(SUFFIXES)}.")
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise ConfigError(f"there is no file '{path}'; give the files of NetworkGym's data, or their folder.")
    return files


def read(path: Path) -> Trajectory:
    """The transitions in a file.

    Raises:
        ConfigError: it does not hold four arrays of matching shapes.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    require(size <= LARGEST_BYTES, str(path), f"{size} bytes", f"up to {LARGEST_BYTES} bytes; split it")
    with path.open("rb") as file:
        zipped = file.read(4) == b"PK\x03\x04"
    arrays = _of_npz(path) if zipped else arrays_of(path.read_bytes(), str(path))
    if len(arrays) != len(NAMES):
        raise ConfigError(f"'{path}' holds {len(arrays)} arrays; it should hold four: {', '.join(NAMES)}.")
    return _fitting(path, *arrays)


def _of_npz(path: Path) -> tuple[np.ndarray, ...]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            require(unpacked <= LARGEST_BYTES, str(path), f"{unpacked} bytes unpacked", f"up to {LARGEST_BYTES} bytes")
        with np.load(path, allow_pickle=False) as loaded:
            if missing := set(NAMES) - set(loaded.files):
                raise ConfigError(f"'{path}' holds no array {', '.join(sorted(missing))}; needed: {', '.join(NAMES)}.")
            return tuple(loaded[name] for name in NAMES)
    except ConfigError:
        raise
    except (ValueError, OSError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise ConfigError(f"'{path}' cannot be read as arrays of numbers ({error}).") from error


def _fitting(path: Path, states: np.ndarray, actions: np.ndarray, rewards: np.ndarray, after: np.ndarray) -> Trajectory:
    if rewards.ndim == 2 and rewards.shape[1] == 1:
        rewards = rewards[:, 0]
    named = dict(zip(NAMES, (states, actions, rewards, after), strict=True))
    fits = states.ndim == actions.ndim == 2 and rewards.ndim == 1 and after.shape == states.shape
    if not fits or not len(states) == len(actions) == len(rewards) or 0 in (*states.shape, *actions.shape):
        shapes = ", ".join(f"{name} {array.shape}" for name, array in named.items())
        raise ConfigError(
            f"the arrays in '{path}' do not fit together: {shapes}; needed: states (T, S), actions (T, A), rewards "
            "(T,) and next_states (T, S), with T at least 1."
        )
    limit = float(np.finfo(np.float32).max)
    for name, array in named.items():
        if array.dtype.kind not in "fiub":
            raise ConfigError(f"{name} in '{path}' are of dtype {array.dtype}; allowed: numbers.")
        if not (np.isfinite(array).all() and (np.abs(array.astype(np.float64)) <= limit).all()):
            raise ConfigError(f"{name} in '{path}' hold NaN, infinity or what float32 cannot hold.")
    require(
        bool(((actions >= 0) & (actions <= 1)).all()),
        f"actions in {path}",
        [float(actions.min()), float(actions.max())],
        "0 to 1, shares of traffic",
    )
    single = [np.ascontiguousarray(array, np.float32) for array in (states, actions, after)]
    return Trajectory(single[0], single[1], np.asarray(rewards, np.float64), single[2])
