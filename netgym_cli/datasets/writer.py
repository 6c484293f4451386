"""Writing a dataset episode by episode: at any moment it is a prefix of its plan and can be opened.

An episode is written under a hidden name and renamed, first into the staging area `.waiting/NUMBER`, where episodes of
parallel sessions may arrive in any order, and from there, in order, into `data/NUMBER`. A kill loses only episodes that
were not staged; staged ones are published when the collection continues. So are those after a damaged or missing
episode, once that one has been recorded again.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import replacing
from netgym_cli.common.locks import Lock, NoLocks
from netgym_cli.datasets.episode import Episode
from netgym_cli.datasets.integrity import PART, episode_metadata, episode_numbers, is_complete, remove
from netgym_cli.datasets.paths import METADATA, require_place, root, writing
from netgym_cli.datasets.schema import encode, require_storable

STAGING, LOCK = ".waiting", ".lock"
MEGABYTE = 1e6


def add(
    folder: Path, number: int, episode: Episode, observations: spaces.Space[Any], actions: spaces.Space[Any]
) -> None:
    """Puts an episode into the staging area of the dataset in `folder`; from any process, in any order.

    Args:
        folder: the dataset's folder.
        number: the episode's place in the dataset, from 0.
        episode: the episode; its `about` is kept in its metadata.
        observations: space of the observations.
        actions: space of the actions.

    Raises:
        OSError: it could not be written; nothing is left of it.
    """
    import pyarrow.parquet as pq

    staging = folder / STAGING
    staging.mkdir(exist_ok=True)
    draft = staging / f".{number}.{os.getpid()}"
    try:
        draft.mkdir(exist_ok=True)
        pq.write_table(encode(episode, observations, actions), draft / PART, compression="zstd")
        about = {"id": number, "total_steps": len(episode), **episode.about, "sha256": episode.digest()}
        (draft / METADATA).write_text(json.dumps(about))
        draft.rename(staging / str(number))
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


class DatasetWriter:
    """A dataset that one process at a time writes to.

    Args:
        folder: its folder, which must hold a dataset: see `create`.
        lock: the lock on it, if it is held already.

    Attributes:
        metadata: the content of `data/metadata.json`; `save` writes it.
        dropped: number of half-written episodes that were removed when it was opened.
        damaged: episodes that are truncated or incomplete. They stay until they are written again.
        missing: absent episodes that the metadata counted or that others follow.

    Raises:
        ConfigError: another process is writing to it, it may not be written to, or an episode exists twice,
            with different content.
    """

    def __init__(self, folder: Path, lock: Lock | None = None) -> None:
        self.folder, self._lock = folder, lock or _locked(folder)
        try:
            self.metadata: dict[str, Any] = json.loads((folder / "data" / METADATA).read_text())
            drafts = list((folder / STAGING).glob(".*"))
            for draft in drafts:
                shutil.rmtree(draft, ignore_errors=True)
            self.dropped = len(drafts)
            with writing(f"the dataset in '{folder}'"):
                self.damaged, self.missing = self._reconcile()
                self.publish()
        except BaseException:
            self._lock.release()
            raise

    @classmethod
    def create(
        cls,
        dataset_id: str,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        about: Mapping[str, Any],
    ) -> Self:
        """A new, empty dataset. Nothing is written before the lock is held, so it is made once.

        Args:
            dataset_id: its id, such as `netgym/nqos_split/system_default-v0`.
            observation_space: space of the observations.
            action_space: space of the actions.
            about: further metadata, such as `algorithm_name`, `env_spec` (text) and `netgym`.

        Raises:
            ConfigError: it exists already, another process makes it, or a space cannot be stored.
        """
        from minari.serialization import serialize_space

        folder = require_place(dataset_id)
        require_storable(observation_space, "observations")
        require_storable(action_space, "actions")
        metadata = {
            "dataset_id": dataset_id,
            "minari_version": importlib.metadata.version("minari"),
            "data_format": "parquet",
            "jpeg_encoding": False,
            "observation_space": serialize_space(observation_space),
            "action_space": serialize_space(action_space),
            "total_episodes": 0,
            "total_steps": 0,
            "dataset_size": 0.0,
            **about,
        }
        new = not folder.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"cannot make '{folder}': {error.strerror}; datasets are stored in {root()}, and MINARI_DATASETS_PATH "
                "chooses another folder."
            ) from error
        try:
            lock = _locked(folder)
        except NoLocks:
            if new:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        try:
            if (folder / "data" / METADATA).exists():
                raise ConfigError(
                    f"there is a dataset '{dataset_id}' already; choose another name, such as the next version."
                )
            with writing(f"the dataset in '{folder}'"):
                (folder / "data").mkdir(exist_ok=True)
                _replace_json(folder / "data" / METADATA, metadata)
        except BaseException:
            _remove_unless_begun(folder, lock)
            raise
        return cls(folder, lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def total_episodes(self) -> int:
        """Episodes that can be read."""
        return int(self.metadata["total_episodes"])

    def has(self, number: int) -> bool:
        """Whether this episode is complete: published or staged."""
        return number < self.total_episodes or (self.folder / STAGING / str(number)).is_dir()

    def digest(self, number: int) -> str | None:
        """SHA-256 of this episode as it was written, also if it is damaged now; None if unknown."""
        for parent in (STAGING, "data"):
            if about := episode_metadata(self.folder / parent / str(number), number):
                return str(about["sha256"])
        return None

    def publish(self) -> int:
        """Publishes all staged episodes that are next in order; returns how many episodes can be read now."""
        before = number = self.total_episodes
        while (staged := self.folder / STAGING / str(number)).is_dir():
            remove(self.folder / "data" / str(number))  # a damaged one; the staged one is whole
            staged.rename(self.folder / "data" / str(number))
            self._count(number)
            number += 1
        self.metadata["total_episodes"] = number
        if number > before:
            self.save()
        return number

    def save(self) -> None:
        """Writes the metadata atomically."""
        _replace_json(self.folder / "data" / METADATA, self.metadata)

    def close(self) -> None:
        """Lets others write; removes the staging area if it is empty."""
        with suppress(OSError):
            (self.folder / STAGING).rmdir()
        self._lock.release()

    def discard(self) -> None:
        """Removes the whole dataset, while nobody else can write to it, and closes it."""
        aside = self.folder.with_name(f".{self.folder.name}.{os.getpid()}.removed")
        with suppress(OSError):
            self.folder.rename(aside)
        self._lock.release()
        shutil.rmtree(aside, ignore_errors=True)

    def _reconcile(self) -> tuple[list[int], list[int]]:
        """Counts the episodes up to the first gap and stages those after it; returns the damaged and the missing.

        A kill may have come between a rename and the count, and the files may have been changed since.
        """
        data, staging = self.folder / "data", self.folder / STAGING
        published = {number: is_complete(data / str(number), number) for number in episode_numbers(data)}
        staged = {number: is_complete(staging / str(number), number) for number in episode_numbers(staging)}
        twice = [number for number, complete in staged.items() if complete and published.get(number)]
        for number in twice:
            self._require_same(number)
        for number in {*twice, *(number for number, complete in staged.items() if not complete)}:
            remove(staging / str(number))
        counted = self.total_episodes
        self.metadata |= {"total_episodes": 0, "total_steps": 0, "dataset_size": 0.0}
        number = 0
        while published.get(number):
            self._count(number)
            number += 1
        self.metadata["total_episodes"] = number
        if later := [k for k, complete in published.items() if complete and k > number]:
            self.save()  # first: what is counted can be read at any moment
            staging.mkdir(exist_ok=True)
        for k in later:
            (data / str(k)).rename(staging / str(k))
        present = {**staged, **published}
        damaged = [number for number in sorted(present) if not (published.get(number) or staged.get(number))]
        expected = max([counted, *(number + 1 for number in published)])
        return damaged, [number for number in range(expected) if number not in present]

    def _require_same(self, number: int) -> None:
        """Raises `ConfigError` if an episode exists twice with different content."""
        folders = [self.folder / parent / str(number) for parent in ("data", STAGING)]
        if len({json.loads((folder / METADATA).read_text())["sha256"] for folder in folders}) > 1:
            raise ConfigError(
                f"episode {number} exists twice, with different content, in '{folders[0]}' and '{folders[1]}'; "
                "delete one of the folders, or collect under another name=."
            )

    def _count(self, number: int) -> None:
        episode = self.folder / "data" / str(number)
        self.metadata["total_steps"] += json.loads((episode / METADATA).read_text())["total_steps"]
        size = self.metadata["dataset_size"] + (episode / PART).stat().st_size / MEGABYTE
        self.metadata["dataset_size"] = round(size, 6)


def write_dataset(
    dataset_id: str,
    observation_space: spaces.Space[Any],
    action_space: spaces.Space[Any],
    episodes: Iterable[Episode],
    about: Mapping[str, Any] | None = None,
) -> Path:
    """Writes a whole dataset; returns its folder. Arguments and errors as for `DatasetWriter.create`."""
    with DatasetWriter.create(dataset_id, observation_space, action_space, about or {}) as writer:
        for number, episode in enumerate(episodes):
            add(writer.folder, number, episode, observation_space, action_space)
            writer.publish()
        return writer.folder


def _remove_unless_begun(folder: Path, lock: Lock) -> None:
    """Leaves nothing of a dataset that could not be begun, and releases the lock."""
    with suppress(OSError):
        (folder / "data").rmdir()
    with suppress(OSError):
        lock.release(remove=not (folder / "data").exists())
    with suppress(OSError):
        folder.rmdir()


def _locked(folder: Path) -> Lock:
    """The lock on the dataset in `folder`. Raises `ConfigError` if it may not be written to, or somebody else does."""
    try:
        with writing(f"the dataset in '{folder}'"):
            return Lock(folder / LOCK, "let MINARI_DATASETS_PATH name")
    except (BlockingIOError, FileNotFoundError) as error:  # the latter where somebody removes it just now
        raise ConfigError(f"another process is writing to the dataset in '{folder}'; wait for it or end it.") from error


def _replace_json(path: Path, content: Any) -> None:
    with replacing(path) as hidden:
        hidden.write_text(json.dumps(content))
