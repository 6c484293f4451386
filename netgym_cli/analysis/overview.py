"""`netgym runs`: how all runs below a folder stand, told from their records alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.below import runs_below
from netgym_cli.runs.standing import Standing, duration, standing
from netgym_cli.runs.tables import csv_text

HEADS = ("run", "state", "env", "agent", "seed", "steps", "return", "left", "host", "started")


@dataclass(frozen=True)
class RunAt:
    """A run and how it stands.

    Attributes:
        folder: its folder.
        now: how it stands.
    """

    folder: Path
    now: Standing


def overview(folder: Path) -> list[RunAt]:
    """Every run in `folder` or below it, in the order of their folders; attempts that a sweep set aside are left out.

    Raises:
        ConfigError: it is no folder, or holds no run.
    """
    if not folder.is_dir():
        raise ConfigError(f"'{folder}' is no folder; give one with runs in it, such as outputs.")
    found = [RunAt(run.path, standing(run)) for run in runs_below(folder)]
    if not found:
        raise ConfigError(f"there is no run in '{folder}' or below it; `netgym train` makes one.")
    return found


def cells(runs: list[RunAt], folder: Path) -> list[list[str]]:
    """A row of text for each run, under `HEADS`; its return is the mean over the last tenth of its episodes."""
    return [
        [
            str(run.folder.relative_to(folder)) if run.folder != folder else str(folder),
            run.now.status,
            *(_told(value) for value in (run.now.env, run.now.agent, run.now.seed)),
            f"{run.now.steps}/{run.now.planned_steps}",
            "" if run.now.last_return is None else f"{run.now.last_return:.4g}",
            duration(run.now.left_s),
            _told(run.now.host),
            _told(run.now.started_at).replace("T", " ").replace("+00:00", ""),
        ]
        for run in runs
    ]


def as_json(runs: list[RunAt]) -> list[dict[str, Any]]:
    """The same in full, for programs."""
    return [{"folder": str(run.folder), **asdict(run.now)} for run in runs]


def as_csv(runs: list[RunAt]) -> str:
    """The same as a table with a head; what is not known is empty."""
    rows = as_json(runs)
    return csv_text(list(rows[0]), rows)


def _told(value: object) -> str:
    return "" if value is None else str(value)
