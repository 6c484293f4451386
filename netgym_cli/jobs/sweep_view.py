"""What somebody sees of a sweep: a live table on a terminal, elsewhere a line for every beginning and end."""

from __future__ import annotations

import logging
import shlex
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from netgym_cli.jobs import jobs_table
from netgym_cli.jobs.job_folder import JobFolder
from netgym_cli.jobs.jobs_table import JobRow
from netgym_cli.jobs.launcher import STDERR, STDOUT
from netgym_cli.jobs.scheduler import Observer, Scheduler
from netgym_cli.runs.folder import PRUNED
from netgym_cli.runs.standing import duration

log = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
LINE_EVERY_S = 30.0
HEADS = ("job", "overrides", "state", "steps", "return", "steps/s", "left")
LINES_BESIDE = 6  # of a terminal, those that the rows of the table leave free


class SweepView(Observer):
    """Keeps `jobs.csv` true, and tells how the sweep goes on.

    Args:
        jobs: all jobs.
        folder: the sweep's.
        config_dirs: the user's conf directories, for commands.

    Attributes:
        rows: what is known of each job.
    """

    def __init__(self, jobs: Sequence[JobFolder], folder: Path, config_dirs: Sequence[str]) -> None:
        self._folder, self._config_dirs = folder, config_dirs
        self.rows = [JobRow.of(job, config_dirs) for job in jobs]
        self._shared = set.intersection(*(set(job.point.overrides) for job in jobs)) if len(jobs) > 1 else set()
        self._live: Live | None = None
        self._shown_at = self._said_at = self._began = time.monotonic()
        self._ended_here = 0
        self._own: set[int] = set()  # numbers of the jobs that were started here

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Inside it a terminal shows the table; afterwards `jobs.csv` is what the folders say."""
        jobs_table.write(self.rows, self._folder)
        try:
            if sys.stderr and sys.stderr.isatty():
                with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as self._live:
                    yield
            else:
                yield
        finally:
            self._live = None
            for number, row in enumerate(self.rows):
                if row.standing.status != "complete":  # those stay as they are
                    self.rows[number] = JobRow.of(row.job, self._config_dirs, row.reason)
            jobs_table.write(self.rows, self._folder)

    @property
    def begun_any(self) -> bool:
        """Whether a job was ever begun, here or before."""
        return bool(self._own) or any(row.standing.status != "not begun" for row in self.rows)

    def announce(self, job: JobFolder, chosen: Mapping[str, object]) -> None:
        """Says, without a terminal, what a job is made by that is about to be started."""
        if self._live is None:
            said = " ".join(f"{key}={value}" for key, value in chosen.items())
            log.info("job %s/%s: %s", job.point.number, len(self.rows), said)

    def begun(self, job: JobFolder) -> None:
        """Notes it."""
        self._own.add(job.point.number)
        self._renew(job)

    def ended(self, job: JobFolder, reason: str | None) -> None:
        """Notes it; without a terminal, prints what the job has printed, and one line."""
        row = self._renew(job, reason or "")
        self._ended_here += 1
        if self._live is None:
            if job.point.number in self._own:
                _print_again(job)
            log.info("job %s/%s %s", job.point.number, len(self.rows), _outcome(row))

    def begins_again(self, job: JobFolder, reason: str) -> None:
        """Says so."""
        told = f"job {job.point.number}/{len(self.rows)}: {reason}; it begins again"
        if self._live is None:
            _print_again(job)
            log.warning("%s", told)
        else:
            self._live.console.print(Text(told))
        self._renew(job)

    def looked(self, scheduler: Scheduler) -> None:
        """Shows the table, or says now and then how far the sweep is."""
        now = time.monotonic()
        if self._live is not None and now - self._shown_at >= LOOK_EVERY_S:
            self._shown_at = now
            for number in (*scheduler.active, *scheduler.elsewhere):
                self.rows[number] = JobRow.of(self.rows[number].job, self._config_dirs)
            self._live.update(self._picture(scheduler), refresh=True)
        if self._live is None and now - self._said_at >= LINE_EVERY_S:
            self._said_at = now
            ended, active = len(scheduler.outcomes), len(scheduler.active)
            left_s = self._left_s(len(self.rows) - ended)
            about = "" if left_s is None else f", about {left_s:.0f} s left"
            log.info("%d of %d jobs have ended, %d under way%s", ended, len(self.rows), active, about)

    def _left_s(self, missing: int) -> float | None:
        """Seconds until the sweep is over, if the other jobs take as long as those that have ended."""
        if not self._ended_here:
            return None
        return (time.monotonic() - self._began) / self._ended_here * missing

    def _renew(self, job: JobFolder, reason: str = "") -> JobRow:
        row = self.rows[job.point.number] = JobRow.of(job, self._config_dirs, reason)
        jobs_table.write(self.rows, self._folder)
        return row

    def _picture(self, scheduler: Scheduler) -> Group:
        states = Counter(self._state(row, scheduler) for row in self.rows)
        told = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        left_s = self._left_s(len(self.rows) - len(scheduler.outcomes))
        about = "" if left_s is None else f"; about {duration(left_s)} left"
        grid = Table(box=None, pad_edge=False, header_style="bold", expand=True)
        for head in HEADS:
            grid.add_column(head, no_wrap=True, overflow="ellipsis", ratio=1 if head == "overrides" else None)
        for row in self._most_telling(scheduler):
            grid.add_row(*map(Text, self._cells(row, scheduler)))
        return Group(Text(f"{len(self.rows)} jobs: {told}{about}"), grid, Text(str(self._folder), style="dim"))

    def _most_telling(self, scheduler: Scheduler) -> list[JobRow]:
        """As many rows as the terminal has room for: those under way, then failures, those to come, those complete."""
        order = ("running", "starting", "elsewhere", "failed", "waiting", PRUNED, "complete")
        ranked = sorted(self.rows, key=lambda row: order.index(self._state(row, scheduler)))
        room = max(3, shutil.get_terminal_size().lines - LINES_BESIDE)
        return sorted(ranked[:room], key=lambda row: row.job.point.number)

    def _state(self, row: JobRow, scheduler: Scheduler) -> str:
        number = row.job.point.number
        if number in scheduler.active:
            return "starting" if row.standing.status == "not begun" else "running"
        if number in scheduler.elsewhere:
            return "elsewhere"
        if number not in scheduler.outcomes:
            return "waiting"
        return "failed" if scheduler.outcomes[number] else PRUNED if row.standing.status == PRUNED else "complete"

    def _cells(self, row: JobRow, scheduler: Scheduler) -> list[str]:
        now = row.standing
        steps = f"{now.steps}/{now.planned_steps}" if now.planned_steps else ""
        numbers = (_told(now.last_return, ".4g"), _told(now.steps_per_s, ".1f"), duration(now.left_s))
        differing = shlex.join(override for override in row.job.point.overrides if override not in self._shared)
        return [str(row.job.point.number), differing, self._state(row, scheduler), steps, *numbers]


def _outcome(row: JobRow) -> str:
    """How a job came to its end, in one line."""
    if row.reason:
        return f"failed: {row.reason}"
    now = row.standing
    parts = [
        f"return {now.mean_return:.4g}" if now.mean_return is not None else "",
        f"{now.steps_per_s:.1f} steps/s" if now.steps_per_s is not None else "",
        duration(now.wall_s),
    ]
    return f"{now.status}: {', '.join(part for part in parts if part)}"


def _told(value: float | None, digits: str) -> str:
    return "" if value is None else format(value, digits)


def _print_again(job: JobFolder) -> None:
    """What the job has printed, in one piece: jobs side by side would mix their lines."""
    for name, stream in ((STDERR, sys.stderr), (STDOUT, sys.stdout)):
        with suppress(OSError, ValueError):  # the reader may be gone, and the job's files are there
            text = (job.run.path / name).read_text(errors="replace")
            if stream is not None and text:
                stream.write(text)
                stream.flush()
