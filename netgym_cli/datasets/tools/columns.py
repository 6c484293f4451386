"""Rewards, actions and default-action flags of episodes, read as columns without decoding the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netgym_cli.datasets import Dataset
from netgym_cli.datasets.reader import UNREADABLE
from netgym_cli.datasets.schema import entries, whole_column

COLUMNS = ["rewards", "actions", "infos.default_action"]


@dataclass(frozen=True)
class Steps:
    """The steps of one episode without the observations.

    Attributes:
        rewards: float64 of shape `(T,)`.
        actions: array of shape `(T, ...)`, or a dict or tuple of such.
        default_action: bool of shape `(T,)`, whether the default algorithm acted; None if it was not recorded.
        about: the episode's own metadata.
    """

    rewards: np.ndarray
    actions: Any
    default_action: np.ndarray | None
    about: dict[str, Any]


def steps_of(dataset: Dataset) -> Iterator[Steps]:
    """The steps of all episodes. Raises `DatasetError` for an episode that cannot be read."""
    import pyarrow as pa

    for number in range(dataset.total_episodes):
        parts = sorted((dataset.path / "data" / str(number)).glob("*.parquet"))
        if dataset.metadata["data_format"] != "parquet" or not parts:
            yield _of_whole_episode(dataset, number)
            continue
        try:
            yield _of_columns(dataset, number, parts)
        except (*UNREADABLE, pa.ArrowException) as error:
            raise dataset.damaged(number, error) from error


def _of_columns(dataset: Dataset, number: int, parts: list[Path]) -> Steps:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.concat_tables([pq.ParquetFile(part).read(columns=COLUMNS, use_threads=False) for part in parts])
    steps = len(table) - 1
    default_action = None
    if "infos" in table.column_names:
        infos = whole_column(table, "infos")
        default_action = np.asarray(infos.field("default_action"), bool)[:steps]
    return Steps(
        rewards=np.asarray(table["rewards"], np.float64)[:steps],
        actions=entries(dataset.action_space, whole_column(table, "actions"), steps),
        default_action=default_action,
        about=dataset.about(number),
    )


def _of_whole_episode(dataset: Dataset, number: int) -> Steps:
    episode = next(dataset.episodes([number]))
    default_action = episode.infos.get("default_action")
    if default_action is not None:
        default_action = np.asarray(default_action, bool)[: len(episode)]
    return Steps(episode.rewards, episode.actions, default_action, episode.about)
