"""A trial of a search: a job whose agent is measured after its training, or that ends early because it is behind."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgym_cli.common.bounded import read_json
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import write_json
from netgym_cli.jobs.job_folder import JobFolder
from netgym_cli.runs.folder import EPISODES, PRUNED, RunFolder
from netgym_cli.runs.record import OBJECTIVE, note_pruned

NAME = "trial.json"
UNMEASURED = "its process was gone before its objective was measured"
REPORTS = 50  # how often a trial is looked at, at most: each time is a line in the journal
SMOOTHED = 5  # episodes that a look is the mean of


@dataclass(frozen=True)
class TrialFile:
    """What a trial's folder says of the search.

    Attributes:
        objective: the metric that counts.
        seeds: networks that it is measured on.
        episodes: episodes on each of them.
        error: why the trial failed, where the run does not say it.
    """

    objective: str
    seeds: tuple[int, ...]
    episodes: int
    error: str | None = None

    @classmethod
    def read(cls, folder: Path) -> TrialFile | None:
        """What is said in this folder; None if it is of no search. Raises `ConfigError` for a file that is broken."""
        path = folder / NAME
        try:
            content = read_json(path)
            return cls(content["objective"], tuple(content["seeds"]), content["episodes"], content.get("error"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"{path} cannot be read: {error}; remove the trial's folder to begin it anew.") from error

    def write(self, folder: Path) -> None:
        """Replaces what the folder says."""
        write_json(folder / NAME, {**vars(self), "seeds": list(self.seeds)})


@dataclass(frozen=True)
class TrialFolder(JobFolder):
    """The folder of a trial. It is over when its objective is measured, or when it is pruned.

    Attributes:
        asked: what is said in it.
    """

    asked: TrialFile

    def verdict(self, retries: int) -> tuple[bool, str | None]:
        """As of any job, but that a complete run is over only once its objective is measured."""
        if (told := TrialFile.read(self.run.path)) is not None and told.error is not None:
            return True, told.error
        status = self.run.status()
        if status == PRUNED:
            return True, None
        if status == "complete":
            return self.measured is not None, (self.measured or {}).get("error")
        return super().verdict(retries)

    def shortcoming(self) -> str | None:
        """Why a complete run is no trial that counts, or not yet."""
        if self.run.status() != "complete":
            return None
        return UNMEASURED if self.measured is None else self.measured.get("error")

    def may_begin_again(self, reason: str) -> bool:
        """As of any job, and after a process that ended while it measured."""
        return reason == UNMEASURED or super().may_begin_again(reason)

    def continue_or_set_aside(self, begin_anew: bool = False) -> bool:
        """As of any job; a complete run goes on by being measured."""
        if not begin_anew and self.run.status() == "complete":
            return True
        return super().continue_or_set_aside(begin_anew)

    @property
    def measured(self) -> dict[str, Any] | None:
        """What the record says of the objective; None if it was not measured."""
        return self.run.record().get(OBJECTIVE)

    def note_pruned(self, place: int) -> None:
        """Says in the record that the trial ended because it was behind."""
        note_pruned(self.run, {"report": place})

    def note_error(self, reason: str) -> None:
        """Says why it failed, for good."""
        self.run.path.mkdir(parents=True, exist_ok=True)
        TrialFile(self.asked.objective, self.asked.seeds, self.asked.episodes, reason).write(self.run.path)


class Progress:
    """How a trial does, as its tables tell while it runs: a value now and then, equal for equal tables.

    Args:
        run: the trial's.
        objective: the metric that counts.
        evaluated: whether the evaluations on the way tell it, rather than the episodes of the training.
    """

    def __init__(self, run: RunFolder, objective: str, evaluated: bool) -> None:
        self._run, self._objective, self._evaluated = run, objective, evaluated

    def looks(self) -> tuple[dict[int, float], int]:
        """Place to value, as far as the tables go, and how many places there are going to be."""
        rows = _whole_rows(self._run.evaluations_path if self._evaluated else self._run.metrics / EPISODES)
        if not rows:
            return {}, 0
        if self._evaluated:
            return {place: float(row["return"]) for place, row in enumerate(rows)}, self._evaluations(rows)
        values = [self._value(row) for row in rows]
        planned = max(1, int(self._run.record().get("planned_steps", 0) / float(rows[0]["length"])))
        every = -(-planned // REPORTS)
        ends = range(every, len(values) + 1, every)
        return {place: _mean(values[max(0, end - SMOOTHED) : end]) for place, end in enumerate(ends)}, -(
            -planned // every
        )

    def _evaluations(self, rows: list[dict[str, str]]) -> int:
        first = max(1.0, float(rows[0]["step"]))
        return max(1, int(self._run.record().get("planned_steps", 0) / first))

    def _value(self, row: dict[str, str]) -> float:
        if self._objective == "reward":
            return float(row["return"]) / float(row["length"])
        return float(row[self._objective] or "nan")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _whole_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table that somebody may be writing; without a last line that has no end yet."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    return list(csv.DictReader(text[: text.rfind("\n") + 1].splitlines()))
