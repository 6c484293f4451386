"""The jobs of a sweep, so many at a time, until none is missing.

What a job is at is read from its folder and its lock whenever it matters, and kept nowhere else. So whoever was killed,
and when, the next one goes on; and several launchers share the jobs of one sweep without knowing of each other.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf

from netgym_cli.common.interruption import Deferred
from netgym_cli.config import output_dirs
from netgym_cli.jobs.job_folder import JobFolder, JobLock
from netgym_cli.jobs.launcher import STDERR, JobHandle, JobResult, by_signal_from_outside
from netgym_cli.jobs.request import SweepRequest
from netgym_cli.runs.claim import Claim, claimed

log = logging.getLogger(__name__)
POLL_S = 0.05  # how long the end of a job may stay unnoticed
PATIENCE_S = 20.0  # how long a job that is told to end early may take
LOOK_EVERY_S = 1.0  # how often what others run is looked at
Submit = Callable[[JobFolder, Sequence[int], bool], JobHandle]


@dataclass
class Active:
    """A job that this process has started.

    Attributes:
        handle: what tells how it ended.
        held: its lock and the claim on its folder, for as long as it is looked after.
        continued: of one that goes on from a checkpoint, how often it had done so before.
        pruned_at: of one that is to end early, the place where it was told so.
    """

    handle: JobHandle
    held: ExitStack
    continued: int | None = None
    pruned_at: int | None = None
    _patient_until: float = inf

    def prune(self, place: int) -> None:
        """Tells the job to end early, and does not wait for it."""
        self.pruned_at, self._patient_until = place, time.monotonic() + PATIENCE_S
        self.handle.ask_to_end()

    def end(self) -> JobResult | None:
        """How the job ended; None while it has not. One that was told to and does not is made to."""
        return self.handle.cancel() if time.monotonic() > self._patient_until else self.handle.poll()


class Observer:
    """Hears how a sweep goes on. Every method does nothing unless it is overridden."""

    def begun(self, job: JobFolder) -> None:
        """The job was started here."""

    def ended(self, job: JobFolder, reason: str | None) -> None:
        """The job has come to its end just now, here or elsewhere; `reason` says why it failed."""

    def begins_again(self, job: JobFolder, reason: str) -> None:
        """The job's process was killed, and another one is going to be started."""

    def looked(self, scheduler: Scheduler) -> None:
        """Called often, to show how things are."""


class Scheduler:
    """Runs what is missing of a sweep.

    Args:
        jobs: all jobs, in their order.
        n_jobs: how many are run here at once.
        retries: how often a job that was killed is begun again.
        asked: what else the user wants.
        submit: starts a job in its folder, with the open files of its locks, from its beginning or from its checkpoint.
        observer: hears of everything.

    Attributes:
        active: what was started here and has not ended, by number.
        elsewhere: numbers of the jobs that another launcher runs.
        outcomes: of each job that came to its end: why it failed, or None.
    """

    def __init__(
        self,
        jobs: Sequence[JobFolder],
        n_jobs: int,
        retries: int,
        asked: SweepRequest,
        submit: Submit,
        observer: Observer,
    ) -> None:
        self._jobs, self._n_jobs, self._retries, self._submit = jobs, n_jobs, retries, submit
        self._fail_fast, self._observer = asked.fail_fast, observer
        self._one_by_one, self._detached = asked.search is not None, asked.launcher.detached
        self.active: dict[int, Active] = {}
        self.elsewhere: set[int] = set()
        self.outcomes: dict[int, str | None] = {}
        self._waiting: deque[int] = deque()
        self._killed: Counter[int] = Counter()  # ends by a signal here, of which the folder may not tell
        self._to_retry: dict[int, int] = {}  # jobs that had failed, with the number of attempts before that
        self._refused: set[int] = set()  # jobs that did not go on from their checkpoints
        self._failed_here = False
        self._looked_at = 0.0
        for number, job in enumerate(jobs):
            over, reason = job.verdict(self._retries)
            if over and reason and asked.retry_failed:
                self._to_retry[number] = len(job.attempts())
                over = False
            if over:
                self.outcomes[number] = reason
            else:
                self._waiting.append(number)

    @property
    def missing(self) -> list[int]:
        """Numbers of the jobs that have not come to their end."""
        return [number for number in range(len(self._jobs)) if number not in self.outcomes]

    def run(self) -> None:
        """Returns when nothing is missing or, if the user wants that, as soon as a job has failed.

        Raises:
            KeyboardInterrupt: interrupted; the jobs that were started here have ended, with complete tables.
            ConfigError, OSError: a job could not be started; the others that were started here have ended.
        """
        try:
            while len(self.outcomes) < len(self._jobs) and not (self._fail_fast and self._failed_here):
                self._look_after_others()
                while self._waiting and self._room:
                    with Deferred():  # a job that has started is in the books
                        self._begin(self._waiting.popleft())
                self._collect()
                self._observer.looked(self)
                time.sleep(POLL_S)
        finally:
            self._end_all()

    @property
    def _room(self) -> bool:
        """Whether another job may begin. A search waits for those that the launcher before it has left running."""
        return len(self.active) + (len(self.elsewhere) if self._one_by_one else 0) < self._n_jobs

    def _begin(self, number: int) -> None:
        """Starts the job, unless it has come to its end meanwhile, or somebody else runs it."""
        job = self._jobs[number]
        with ExitStack() as held:
            try:
                lock: JobLock = job.lock()
            except BlockingIOError:
                self.elsewhere.add(number)
                return
            held.callback(lock.release)
            over, reason = job.verdict(self._retries)
            anew = number in self._refused or (bool(reason) and self._to_retry.get(number) == len(job.attempts()))
            if over and not anew:
                self._end(number, reason)
                return
            if job.runs_elsewhere():
                self.elsewhere.add(number)
                return
            times = job.times_continued()
            goes_on = job.continue_or_set_aside(anew)
            self._refused.discard(number)
            locks = lock.filenos()
            if not goes_on and not self._detached:  # or else its own process claims the folder
                claim: Claim = held.enter_context(claimed(job.run, output_dirs.SWEEP_DIR))
                claim.keep()
                locks += claim.filenos()
            handle = self._submit(job, locks, goes_on)
            self.active[number] = Active(handle, held.pop_all(), times if goes_on else None)
        self._observer.begun(self._jobs[number])

    def _collect(self) -> None:
        """Takes note of the jobs that have ended."""
        for number, active in list(self.active.items()):
            if (result := active.end()) is None:
                continue
            job = self._jobs[number]
            with Deferred():
                del self.active[number]
                active.held.close()
                if active.pruned_at is not None:
                    job.note_pruned(active.pruned_at)
                    self._end(number, None)
                    continue
                lacking = job.shortcoming()
                error = result.error or lacking
                began = lacking is not None or (error is not None and by_signal_from_outside(error))
                if error is not None and not began and active.continued == job.times_continued():
                    error = f"it did not go on from its checkpoint ({job.run.path / STDERR} says why)"
                    self._refused.add(number)
                elif error is None or not self._may_begin_again(job, error):
                    self._failed_here |= error is not None
                    self._end(number, error)
                    continue
                self._waiting.appendleft(number)
            self._observer.begins_again(job, error)

    def _may_begin_again(self, job: JobFolder, reason: str) -> bool:
        """Whether a job that has just ended was killed, and not too often yet."""
        if not job.may_begin_again(reason):
            return False
        self._killed[job.point.number] += 1
        return max(self._killed[job.point.number], job.times_killed()) <= self._retries

    def _look_after_others(self) -> None:
        """Lets jobs that another launcher had wait for this one again; most find that they are still not free."""
        if self.elsewhere and time.monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            others = sorted(self.elsewhere)
            self._waiting = deque([*others, *self._waiting] if self._one_by_one else [*self._waiting, *others])
            self.elsewhere.clear()

    def _end(self, number: int, reason: str | None) -> None:
        self.outcomes[number] = reason
        self._observer.ended(self._jobs[number], reason)

    def _end_all(self) -> None:
        """Ends what was started here and has not ended: all are asked first, so that they end side by side."""
        for active in self.active.values():
            active.handle.ask_to_end()
        for number, active in list(self.active.items()):
            active.handle.cancel()
            active.held.close()
            del self.active[number]
