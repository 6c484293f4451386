"""Writing a dataset that is made from others as a whole: either all of it exists afterwards, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gymnasium import spaces

from netgym_cli.common.bounded import read_json
from netgym_cli.datasets import DatasetWriter, Episode, folder_of, root
from netgym_cli.datasets.paths import METADATA
from netgym_cli.datasets.tools.metadata import mapping
from netgym_cli.datasets.writer import add

MARK = "deriving"  # in netgym's metadata while episodes are being written


class Derived:
    """A dataset that is being made from others.

    Attributes:
        writer: the dataset's writer.
        observation_space, action_space: spaces of its entries.
    """

    def __init__(self, writer: DatasetWriter, observations: spaces.Space[Any], actions: spaces.Space[Any]) -> None:
        self.writer, self.observation_space, self.action_space = writer, observations, actions

    def append(self, episode: Episode) -> None:
        """Adds an episode. Raises `OSError` if it cannot be written."""
        add(self.writer.folder, self.writer.total_episodes, episode, self.observation_space, self.action_space)
        self.writer.publish()


@contextmanager
def deriving(
    dataset_id: str,
    observation_space: spaces.Space[Any],
    action_space: spaces.Space[Any],
    about: Mapping[str, Any],
    noted: Mapping[str, Any],
) -> Iterator[Derived]:
    """A new dataset to append episodes to; if anything fails meanwhile, it is removed.

    An earlier attempt that was killed is replaced.

    Args:
        dataset_id: its id.
        observation_space: space of its observations.
        action_space: space of its actions.
        about: metadata beside Minari's own; see `DatasetWriter.create`.
        noted: netgym's metadata.

    Raises:
        ConfigError: it exists already, or a space cannot be stored.
        OSError: it could not be written.
    """
    folder = folder_of(dataset_id)
    _remove_if_unfinished(folder)
    writer = DatasetWriter.create(
        dataset_id, observation_space, action_space, {**about, "netgym": {**noted, "complete": False, MARK: True}}
    )
    try:
        yield Derived(writer, observation_space, action_space)
        writer.metadata["netgym"] = dict(noted)
        writer.save()
    except BaseException:
        _remove(writer)
        raise
    writer.close()


def _remove_if_unfinished(folder: Path) -> None:
    try:
        metadata = mapping(read_json(folder / "data" / METADATA))
    except (OSError, ValueError):
        return
    if mapping(metadata.get("netgym")).get(MARK) is True:
        writer = DatasetWriter(folder)
        if mapping(writer.metadata.get("netgym")).get(MARK) is True:
            _remove(writer)
        else:  # another process has made it meanwhile
            writer.close()


def _remove(writer: DatasetWriter) -> None:
    writer.discard()
    with suppress(OSError):  # folders of the id's namespace that are empty now
        for parent in writer.folder.parents:
            if parent == root() or root() not in parent.parents:
                break
            parent.rmdir()
