"""Between the jobs of a search and Optuna: what tables and records say goes to the study, in the order of numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from netgym_cli.common.files import replacing
from netgym_cli.jobs.job_folder import JobFolder
from netgym_cli.jobs.scheduler import Observer, Scheduler
from netgym_cli.jobs.search.request import SearchRequest
from netgym_cli.jobs.search.study import Study
from netgym_cli.jobs.search.trial import Progress, TrialFolder
from netgym_cli.jobs.sweep_view import SweepView
from netgym_cli.runs.folder import PRUNED
from netgym_cli.runs.tables import csv_line

LOOK_EVERY_S = 0.5
WARM_UP = 4  # this part of a trial is never judged
TABLE = "trials.csv"


class Follower(Observer):
    """Lets a study hear of its trials, and ends those that are behind.

    Args:
        study: hears of them.
        trials: all of them, in their order; who asks for a trial replaces it by one with a point.
        asked: the search.
        retries: how often a trial that was killed is begun again.
        evaluated: whether evaluations on the way tell how a trial does, rather than episodes of the training.
        view: hears of everything afterwards.
    """

    def __init__(
        self,
        study: Study,
        trials: Sequence[TrialFolder],
        asked: SearchRequest,
        retries: int,
        evaluated: bool,
        view: SweepView,
    ) -> None:
        self._study, self._trials, self._asked, self._retries = study, trials, asked, retries
        self._evaluated, self._view = evaluated, view
        self._ended: set[int] = set()
        self._next = 0  # the first trial that the study has not heard the end of
        self._judged: dict[int, int] = {}  # number of a trial to the last place that the pruner has judged
        self._behind_at: dict[int, int] = {}  # number of a trial to the place where it was found behind
        self._looked_at = 0.0

    def take(self, numbers: Iterable[int]) -> None:
        """These trials had ended before this process began."""
        self._ended |= set(numbers)
        self._tell()

    def begun(self, job: JobFolder) -> None:
        """Passes it on."""
        self._view.begun(job)

    def begins_again(self, job: JobFolder, reason: str) -> None:
        """Passes it on."""
        self._view.begins_again(job, reason)

    def ended(self, job: JobFolder, reason: str | None) -> None:
        """Tells the study, as soon as it knows of all trials before this one."""
        number = job.point.number
        trial = self._trials[number]
        if reason is not None and not trial.verdict(self._retries)[0]:
            trial.note_error(reason)
        self._ended.add(number)
        self._tell()
        self._view.ended(trial, reason)

    def looked(self, scheduler: Scheduler) -> None:
        """Ends the trials that are behind."""
        if self._asked.pruner != "none" and time.monotonic() - self._looked_at >= LOOK_EVERY_S:
            for number, active in scheduler.active.items():
                if active.pruned_at is None and (place := self._behind(number)) is not None:
                    active.prune(place)
            self._looked_at = time.monotonic()
        self._view.looked(scheduler)

    def _tell(self) -> None:
        while self._next in self._ended:
            if not self._study.is_told(self._next):
                self._tell_of(self._trials[self._next])
            self._next += 1
        self._write()

    def _tell_of(self, trial: TrialFolder) -> None:
        number = trial.point.number
        place = self._behind(number)
        _, error = trial.verdict(self._retries)
        if error is not None:
            self._study.tell(number, None)
        elif trial.run.status() == PRUNED:
            self._study.tell(number, None, pruned=True)
        elif place is not None:  # it was behind, and over before somebody looked
            trial.note_pruned(place)
            self._study.tell(number, None, pruned=True)
        else:
            self._study.tell(number, (trial.measured or {})["value"])

    def _behind(self, number: int) -> int | None:
        """Lets the study know what is new of a trial; returns the place at which it was behind, if it was.

        What comes after that place is not reported: how long a trial takes to end must not count.
        """
        if number not in self._behind_at and (place := self._newly_behind(number)) is not None:
            self._behind_at[number] = place
        return self._behind_at.get(number)

    def _newly_behind(self, number: int) -> int | None:
        if self._asked.pruner == "none" or not self._trials[number].run.holds_run:
            return None
        looks, planned = Progress(self._trials[number].run, self._asked.objective, self._evaluated).looks()
        warm_up = planned // WARM_UP
        reported = self._study.reported(number)
        if number not in self._judged and reported:
            last = max(reported)  # of which nobody knows whether it was judged
            self._judged[number] = last
            if self._study.is_behind(number, warm_up):
                return last
        for place in sorted(looks):
            if place <= self._judged.get(number, -1) or not math.isfinite(looks[place]):
                continue
            self._study.report(number, place, looks[place])
            self._judged[number] = place
            if self._study.is_behind(number, warm_up):
                return place
        return None

    def _write(self) -> None:
        """`trials.csv`: what was tried, and what came of it."""
        heads, rows = self._study.table()
        folder: Path = self._trials[0].sweep
        with replacing(folder / TABLE) as hidden:
            hidden.write_text("".join(csv_line(cells) for cells in (heads, *rows)))
