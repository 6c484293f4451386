"""`jobs.csv`: a row for every job of a sweep, made of what lies in the folders, for people and programs to read."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgym_cli.common.files import replacing
from netgym_cli.jobs.job_folder import JobFolder
from netgym_cli.runs.standing import Standing, standing
from netgym_cli.runs.tables import csv_line

log = logging.getLogger(__name__)
NAME = "jobs.csv"
COLUMNS = ("number", "folder", "overrides", "status", "attempts", "return", "last_return", "steps", "steps_per_s",
           "wall_s", "reason", "reproduce")  # fmt: skip


@dataclass
class JobRow:
    """What is known of a job.

    Attributes:
        job: its folder.
        reproduce: the command that runs it alone.
        standing: how its run stands.
        attempts: how often it was begun or went on from a checkpoint.
        reason: why it failed; empty unless it did.
    """

    job: JobFolder
    reproduce: str
    standing: Standing
    attempts: int
    reason: str = ""

    @classmethod
    def of(cls, job: JobFolder, config_dirs: Sequence[str], reason: str = "") -> JobRow:
        """What the folders say of a job now.

        Args:
            job: its folder.
            config_dirs: the user's conf directories, for the command.
            reason: why it failed, where its folder cannot say it.
        """
        words = ["netgym", "train", *(w for folder in config_dirs for w in ("--config-dir", folder))]
        now = standing(job.run, looked_after=True)
        failed = now.status in ("failed", "unreadable") or bool(reason)
        return cls(
            job=job,
            reproduce=shlex.join([*words, *job.point.overrides]),
            standing=now,
            attempts=len(job.attempts()) + (now.status != "not begun") + job.times_continued(),
            reason=(reason or now.error or "") if failed else "",
        )

    @property
    def label(self) -> str:
        """What makes the job, as on the command line."""
        return shlex.join(self.job.point.overrides)

    def values(self) -> list[Any]:
        """The row of the table."""
        now, number = self.standing, self.job.point.number
        told = (_rounded(now.mean_return), _rounded(now.last_return), now.steps, _rounded(now.steps_per_s, 1))
        return [number, self.job.point.folder, self.label, now.status, self.attempts, *told, now.wall_s, self.reason,
                self.reproduce]  # fmt: skip


def write(rows: Sequence[JobRow], folder: Path) -> None:
    """Replaces the table. One that cannot be written is only told: it says nothing that is not in the folders."""
    lines = [csv_line(cells) for cells in (COLUMNS, *(row.values() for row in rows))]
    try:
        with replacing(folder / NAME) as hidden:
            hidden.write_text("".join(lines))
    except OSError as error:
        log.warning("%s could not be written: %s", folder / NAME, error.strerror)


def _rounded(value: float | None, digits: int = 6) -> float | None:
    return None if value is None else round(value, digits)
