"""Writing a dataset episode by episode: at any moment it is a prefix of what it is going to be, and can be opened.

An episode is written under a hidden name and renamed, first into the waiting room `.waiting/NUMBER`, where episodes of
parallel sessions may arrive in any order, and from there, in order, into `data/NUMBER`. A kill loses only what has not
arrived; what waits is taken in when the collection continues. So is what lies behind a damaged or missing episode, once
that one has arrived again.
"""

from __future__ import annotations

import fcntl
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
from netgym_cli.datasets.episode import Episode
from netgym_cli.datasets.integrity import PART, noted, numbers, remove, stands
from netgym_cli.datasets.paths import METADATA, require_place, root, writing
from netgym_cli.datasets.schema import encode, require_storable

WAITING, LOCK = ".waiting", ".lock"
MEGABYTE = 1e6


def add(
    folder: Path, number: int, episode: Episode, observations: spaces.Space[Any], actions: spaces.Space[Any]
) -> None:
    """Puts an episode into the waiting room of the dataset in `folder`; from any process, in any order.

    Args:
        folder: the dataset's folder.
        number: the episode's place in the dataset, from 0.
        episode: the episode; its `about` is kept in its metadata.
        observations: space of the observations.
        actions: space of the actions.

    Raises:
        OSError: the disk refused it; nothing is left of it.
    """
    import pyarrow.parquet as pq

    waiting = folder / WAITING
    waiting.mkdir(exist_ok=True)
    draft = waiting / f".{number}.{os.getpid()}"
    try:
        draft.mkdir(exist_ok=True)
        pq.write_table(encode(episode, observations, actions), draft / PART, compression="zstd")
        about = {"id": number, "total_steps": len(episode), **episode.about, "sha256": episode.digest()}
        (draft / METADATA).write_text(json.dumps(about))
        draft.rename(waiting / str(number))
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


class Growing:
    """A dataset that one process at a time takes episodes into.

    Args:
        folder: its folder, which must hold a dataset: see `create`.

    Attributes:
        metadata: the content of `data/metadata.json`; `save` writes it.
        dropped: half-written episodes that were found, and removed, when it was opened.
        damaged: episodes that were found truncated or half there. They stay until they are written again.
        missing: episodes that the metadata counted, or others stand behind, and that were not there.

    Raises:
        ConfigError: another process is writing to it, it may not be written to, or an episode lies there twice, with
            different content.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with writing(f"the dataset in '{folder}'"):
            self._lock = (folder / LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise ConfigError(
                f"another process is writing to the dataset in '{folder}'; wait for it or end it."
            ) from error
        try:
            self.metadata: dict[str, Any] = json.loads((folder / "data" / METADATA).read_text())
            drafts = list((folder / WAITING).glob(".*"))
            for draft in drafts:
                shutil.rmtree(draft, ignore_errors=True)
            self.dropped = len(drafts)
            with writing(f"the dataset in '{folder}'"):
                self.damaged, self.missing = self._settle()
                self.publish()
        except BaseException:
            self._lock.close()
            raise

    @classmethod
    def create(
        cls,
        dataset_id: str,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        about: Mapping[str, Any],
    ) -> Self:
        """A new, empty dataset.

        Args:
            dataset_id: its id, such as `netgym/nqos_split/system_default-v0`.
            observation_space: space of the observations.
            action_space: space of the actions.
            about: further metadata, such as `algorithm_name`, `env_spec` (text) and `netgym`.

        Raises:
            ConfigError: it exists already, or a space cannot be stored.
        """
        from minari.serialization import serialize_space

        folder = require_place(dataset_id)
        require_storable(observation_space, "observations")
        require_storable(action_space, "actions")
        if (folder / "data" / METADATA).exists():
            raise ConfigError(
                f"there is a dataset '{dataset_id}' already; choose another name, such as the next version."
            )
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
        try:
            (folder / "data").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"cannot make '{folder}': {error.strerror}; datasets lie in {root()}, and MINARI_DATASETS_PATH chooses "
                "another folder."
            ) from error
        with writing(f"the dataset in '{folder}'"):
            _replace_json(folder / "data" / METADATA, metadata)
        return cls(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def total_episodes(self) -> int:
        """Episodes that can be read."""
        return int(self.metadata["total_episodes"])

    def has(self, number: int) -> bool:
        """Whether this episode is complete: taken in, or waiting."""
        return number < self.total_episodes or (self.folder / WAITING / str(number)).is_dir()

    def digest(self, number: int) -> str | None:
        """SHA-256 of this episode as it was written, also if it is damaged now; None if nothing tells."""
        for room in (WAITING, "data"):
            if about := noted(self.folder / room / str(number), number):
                return str(about["sha256"])
        return None

    def publish(self) -> int:
        """Takes in all waiting episodes that are next in order; returns how many episodes can be read now."""
        before = number = self.total_episodes
        while (one := self.folder / WAITING / str(number)).is_dir():
            remove(self.folder / "data" / str(number))  # a damaged one, and here it is whole
            one.rename(self.folder / "data" / str(number))
            self._count(number)
            number += 1
        self.metadata["total_episodes"] = number
        if number > before:
            self.save()
        return number

    def save(self) -> None:
        """Writes the metadata at one stroke."""
        _replace_json(self.folder / "data" / METADATA, self.metadata)

    def close(self) -> None:
        """Lets others write; removes the waiting room if nothing waits."""
        with suppress(OSError):
            (self.folder / WAITING).rmdir()
        self._lock.close()

    def _settle(self) -> tuple[list[int], list[int]]:
        """Counts the episodes up to the first gap, and lets those behind it wait; returns the damaged and the missing.

        A kill may have come between an episode's arrival and the count, and anything may have happened to the files.
        """
        data, waiting = self.folder / "data", self.folder / WAITING
        here = {number: stands(data / str(number), number) for number in numbers(data)}
        there = {number: stands(waiting / str(number), number) for number in numbers(waiting)}
        twice = [number for number, whole in there.items() if whole and here.get(number)]
        for number in twice:
            self._require_same(number)
        for number in {*twice, *(number for number, whole in there.items() if not whole)}:
            remove(waiting / str(number))
        counted = self.total_episodes
        self.metadata |= {"total_episodes": 0, "total_steps": 0, "dataset_size": 0.0}
        number = 0
        while here.get(number):
            self._count(number)
            number += 1
        self.metadata["total_episodes"] = number
        if behind := [other for other, whole in here.items() if whole and other > number]:
            self.save()  # before they go: what is counted can be read at any moment
            waiting.mkdir(exist_ok=True)
        for other in behind:
            (data / str(other)).rename(waiting / str(other))
        found = {**there, **here}
        damaged = [number for number in sorted(found) if not (here.get(number) or there.get(number))]
        return damaged, [number for number in range(max([counted, *(one + 1 for one in here)])) if number not in found]

    def _require_same(self, number: int) -> None:
        """Raises `ConfigError` if the episode that lies there twice is not the same one."""
        places = [self.folder / room / str(number) for room in ("data", WAITING)]
        if len({json.loads((place / METADATA).read_text())["sha256"] for place in places}) > 1:
            raise ConfigError(
                f"episode {number} lies there twice, with different content, in '{places[0]}' and '{places[1]}'; "
                "delete one of the folders, or collect under another name=."
            )

    def _count(self, number: int) -> None:
        one = self.folder / "data" / str(number)
        self.metadata["total_steps"] += json.loads((one / METADATA).read_text())["total_steps"]
        size = self.metadata["dataset_size"] + (one / PART).stat().st_size / MEGABYTE
        self.metadata["dataset_size"] = round(size, 6)


def write_dataset(
    dataset_id: str,
    observation_space: spaces.Space[Any],
    action_space: spaces.Space[Any],
    episodes: Iterable[Episode],
    about: Mapping[str, Any] | None = None,
) -> Path:
    """Writes a whole dataset; returns its folder. Arguments and errors as for `Growing.create`."""
    with Growing.create(dataset_id, observation_space, action_space, about or {}) as growing:
        for number, episode in enumerate(episodes):
            add(growing.folder, number, episode, observation_space, action_space)
            growing.publish()
        return growing.folder


def _replace_json(path: Path, content: Any) -> None:
    hidden = path.with_name(f".{path.name}.tmp")
    try:
        hidden.write_text(json.dumps(content))
        hidden.replace(path)
    except OSError:
        hidden.unlink(missing_ok=True)
        raise
