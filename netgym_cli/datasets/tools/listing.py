"""All datasets, one row each, from their metadata alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netgym_cli.common.bounded import read_json
from netgym_cli.datasets.paths import METADATA, ids, root
from netgym_cli.datasets.tools.metadata import mapping, notes_of

COMPLETE = {True: "yes", False: "no", None: ""}


@dataclass(frozen=True)
class ListedDataset:
    """A dataset in the list.

    Attributes:
        id: such as `netgym/nqos_split/system_default-v0`.
        env, agent: environment and agent that made it; empty if its metadata does not say.
        episodes, steps: their numbers; None if the metadata cannot be read.
        size_mb: size of the episodes on the disk, MB.
        complete: whether all planned episodes are present; None if it was made elsewhere.
    """

    id: str
    env: str
    agent: str
    episodes: int | None
    steps: int | None
    size_mb: float | None
    complete: bool | None

    def row(self) -> list[str]:
        """The table's row."""
        size = "" if self.size_mb is None else f"{self.size_mb:.3g}"
        counts = ["?" if count is None else f"{count}" for count in (self.episodes, self.steps)]
        return [self.id, self.env, self.agent, *counts, size, COMPLETE[self.complete]]


HEADS = ["id", "env", "agent", "episodes", "steps", "MB", "complete"]


def list_datasets() -> list[ListedDataset]:
    """All datasets, sorted by id."""
    return [_row(dataset_id) for dataset_id in ids()]


def none_lines() -> list[str]:
    """The lines to print if there is none."""
    return [
        f"no datasets in {root()} (MINARI_DATASETS_PATH chooses another folder).",
        "next: netgym collect env=nqos_split --default-action",
    ]


def _row(dataset_id: str) -> ListedDataset:
    try:
        metadata = mapping(read_json(root() / dataset_id / "data" / METADATA))
    except (OSError, ValueError):
        metadata = {}
    notes = notes_of(metadata)
    episodes, steps = (_number(metadata.get(key)) for key in ("total_episodes", "total_steps"))
    return ListedDataset(
        id=dataset_id,
        env=notes.env,
        agent=notes.agent,
        episodes=None if episodes is None else int(episodes),
        steps=None if steps is None else int(steps),
        size_mb=_number(metadata.get("dataset_size")),
        complete=notes.complete,
    )


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None
