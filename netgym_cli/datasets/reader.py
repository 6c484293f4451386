"""Reading a dataset, whole episodes at once, in any format that Minari knows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.bounded import read_json
from netgym_cli.common.errors import ConfigError, DatasetError
from netgym_cli.datasets.episode import Episode
from netgym_cli.datasets.paths import METADATA, require_known
from netgym_cli.datasets.repair_hint import repair_hint
from netgym_cli.datasets.schema import decode, is_decodable

FORMATS = ("parquet", "arrow", "hdf5")  # that Minari reads
LONGEST = 160  # letters of a reason
UNREADABLE = (  # what damaged files raise
    *(OSError, ValueError, TypeError, LookupError, AttributeError, AssertionError),
    *(OverflowError, MemoryError, RecursionError),
)


@dataclass(frozen=True)
class Dataset:
    """A dataset on the disk.

    Attributes:
        id: such as `netgym/nqos_split/system_default-v0`.
        path: its folder.
        metadata: all of `data/metadata.json`.
        observation_space, action_space: spaces of the entries.
    """

    id: str
    path: Path
    metadata: dict[str, Any]
    observation_space: spaces.Space[Any]
    action_space: spaces.Space[Any]

    @property
    def netgym(self) -> dict[str, Any]:
        """netgym's part of the metadata; empty for a dataset that was made elsewhere."""
        metadata = self.metadata.get("netgym")
        return dict(metadata) if isinstance(metadata, dict) else {}

    @property
    def total_episodes(self) -> int:
        """Number of complete episodes."""
        return int(self.metadata["total_episodes"])

    @property
    def total_steps(self) -> int:
        """Number of steps in them."""
        return int(self.metadata["total_steps"])

    def about(self, number: int) -> dict[str, Any]:
        """The metadata of one episode."""
        if self.metadata["data_format"] == "hdf5":  # one file for all episodes, made elsewhere
            return {
                key: _plain(value) for key, value in next(iter(self._storage.get_episode_metadata([number]))).items()
            }
        about = read_json(self.path / "data" / str(number) / METADATA)
        if not isinstance(about, dict):
            raise ValueError("its metadata is not a mapping")
        return about

    def episodes(self, numbers: Sequence[int] | None = None) -> Iterator[Episode]:
        """The episodes in order, or those with these numbers. Raises `DatasetError` for one that cannot be read."""
        for number in range(self.total_episodes) if numbers is None else numbers:
            yield self._episode(number)

    def damaged(self, number: int, error: BaseException) -> DatasetError:
        """The error to raise for an episode whose reading raised `error`: why, and what to do next."""
        hint = repair_hint(self.netgym, self.path)
        return DatasetError(
            f"episode {number} of dataset '{self.id}' cannot be read ({_reason(error)}); `netgym data check {self.id}` "
            f"reports what else is wrong{f', and {hint}' if hint else ''}."
        )

    def _episode(self, number: int) -> Episode:
        import pyarrow as pa

        try:
            self._require_memory_for(number)
            stored = self._stored(number)
            about = self.about(number)
            if len(stored["rewards"]) != about.get("total_steps", len(stored["rewards"])):
                raise ValueError(f"it has {len(stored['rewards'])} steps, its metadata says {about['total_steps']}")
        except (*UNREADABLE, StopIteration, pa.ArrowException) as error:
            raise self.damaged(number, error) from error
        return Episode(
            observations=_own(stored["observations"]),
            actions=_own(stored["actions"]),
            rewards=np.asarray(stored["rewards"], np.float64),
            terminations=np.asarray(stored["terminations"], bool),
            truncations=np.asarray(stored["truncations"], bool),
            infos={name: np.asarray(values) for name, values in (stored["infos"] or {}).items()},
            about=about,
        )

    def _require_memory_for(self, number: int) -> None:
        """Raises `ValueError` for an episode in HDF5 that this machine cannot hold: a small file may claim any size."""
        if self.metadata["data_format"] != "hdf5":
            return
        import h5py

        sizes: list[int] = []
        with h5py.File(self.path / "data" / "main_data.hdf5", "r") as file:
            file[f"episode_{number}"].visititems(lambda _, item: sizes.append(getattr(item, "nbytes", 0)))
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if sum(sizes) > memory:
            raise ValueError(f"it claims {sum(sizes)} bytes, and this machine has {memory}")

    def _stored(self, number: int) -> dict[str, Any]:
        """The arrays of an episode. Minari's own reader stops after 131,072 rows of a table, so it gets other files."""
        image = bool(self.metadata.get("jpeg_encoding", True)) and any(map(_has_image, self._spaces))
        if self.metadata["data_format"] == "hdf5" or image or not all(map(is_decodable, self._spaces)):
            stored: dict[str, Any] = next(iter(self._storage.get_episodes([number])))
            return stored
        from pyarrow import dataset

        folder, ignored = self.path / "data" / str(number), ["_", ".", METADATA]
        files = dataset.dataset(folder, format=self.metadata["data_format"], ignore_prefixes=ignored)
        return decode(files.to_table(), *self._spaces)

    @property
    def _spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        return self.observation_space, self.action_space

    @cached_property
    def _storage(self) -> Any:
        from minari.dataset.minari_storage import MinariStorage

        return MinariStorage.read(self.path / "data")


def open_dataset(dataset_id: str) -> Dataset:
    """The dataset with this id.

    Raises:
        ConfigError: there is none (with the nearest id), or its metadata does not describe its arrays.
    """
    folder = require_known(dataset_id)
    path = folder / "data" / METADATA
    try:
        metadata = read_json(path)
        for key in ("observation_space", "action_space", "total_episodes", "total_steps", "data_format"):
            if key not in metadata:  # Minari would make the environment that the metadata names to learn its spaces
                raise ValueError(f"'{key}' is missing")
        if metadata["data_format"] not in FORMATS:
            raise ValueError(f"data_format is {str(metadata['data_format'])[:40]!r}; allowed: {', '.join(FORMATS)}")
        if not all(type(metadata[key]) is int and metadata[key] >= 0 for key in ("total_episodes", "total_steps")):
            raise ValueError("its counts are not numbers from 0")
        from minari.serialization import deserialize_space

        both_spaces = [deserialize_space(metadata[key]) for key in ("observation_space", "action_space")]
    except UNREADABLE as error:
        raise ConfigError(
            f"{path} does not describe a dataset ({error}); delete the folder '{folder}' or move it elsewhere, and "
            "collect or import it anew."
        ) from error
    return Dataset(dataset_id, folder, metadata, *both_spaces)


def _has_image(space: spaces.Space[Any]) -> bool:
    """Whether Minari stores a part of this space as pictures."""
    from minari.dataset.minari_storage import is_image_space

    parts = space.spaces.values() if isinstance(space, spaces.Dict) else getattr(space, "spaces", ())
    return bool(is_image_space(space)) or any(map(_has_image, parts))


def _reason(error: BaseException) -> str:
    """Why an episode cannot be read, in a few words: Arrow's own messages repeat every path."""
    text = (str(error) or type(error).__name__).splitlines()[0]
    if isinstance(error, FileNotFoundError):
        return "its folder or a file in it is missing"
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    if re.search("parquet|thrift|footer", text, re.IGNORECASE):
        return "its Parquet file is truncated or damaged"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _plain(value: Any) -> Any:
    """A NumPy scalar or array as JSON would give it."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def _own(value: Any) -> Any:
    """Arrays in the shape that they were stored in; Minari gives a Discrete's entries in Arrow's own type."""
    if isinstance(value, dict):
        return {key: _own(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(_own(inner) for inner in value)
    return np.asarray(value)
