"""Writing a dataset that is made from others at one go: it stands whole under its name, or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gymnasium import spaces

from netgym_cli.datasets import Episode, Growing, folder_of, root
from netgym_cli.datasets.paths import METADATA
from netgym_cli.datasets.tools.metadata import mapping
from netgym_cli.datasets.writer import add

MARK = "deriving"  # in netgym's metadata while episodes are being written


class Derived:
    """A dataset that is being made from others.

    Attributes:
        growing: the dataset.
        observation_space, action_space: spaces of its entries.
    """

    def __init__(self, growing: Growing, observations: spaces.Space[Any], actions: spaces.Space[Any]) -> None:
        self.growing, self.observation_space, self.action_space = growing, observations, actions

    def append(self, episode: Episode) -> None:
        """Adds an episode. Raises `OSError` if the disk refuses it."""
        add(self.growing.folder, self.growing.total_episodes, episode, self.observation_space, self.action_space)
        self.growing.publish()


@contextmanager
def deriving(
    dataset_id: str,
    observation_space: spaces.Space[Any],
    action_space: spaces.Space[Any],
    about: Mapping[str, Any],
    noted: Mapping[str, Any],
) -> Iterator[Derived]:
    """A new dataset to append episodes to; whatever fails meanwhile, nothing is left of it.

    What a kill left of an earlier attempt is replaced.

    Args:
        dataset_id: its id.
        observation_space: space of its observations.
        action_space: space of its actions.
        about: metadata beside Minari's own; see `Growing.create`.
        noted: netgym's metadata.

    Raises:
        ConfigError: it exists already, or a space cannot be stored.
        OSError: the disk refused it.
    """
    folder = folder_of(dataset_id)
    _remove_if_unfinished(folder)
    growing = Growing.create(
        dataset_id, observation_space, action_space, {**about, "netgym": {**noted, "complete": False, MARK: True}}
    )
    try:
        with growing:
            yield Derived(growing, observation_space, action_space)
            growing.metadata["netgym"] = dict(noted)
            growing.save()
    except BaseException:
        _remove(folder)
        raise


def _remove_if_unfinished(folder: Path) -> None:
    try:
        metadata = mapping(json.loads((folder / "data" / METADATA).read_text()))
    except (OSError, ValueError):
        return
    if mapping(metadata.get("netgym")).get(MARK) is True:
        with Growing(folder):  # nobody writes to it
            pass
        _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # parts of the id that nobody else uses
        for parent in folder.parents:
            if parent == root() or root() not in parent.parents:
                break
            parent.rmdir()
