"""The folder of a job of a sweep: its lock, how its run stands, and the attempts that were set aside.

All that is known of a job's state lies here, so it cannot disagree with what happened, whoever was killed when.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.locks import Lock, NoLocks, is_held
from netgym_cli.jobs.launcher import by_signal_from_outside, killed_from_outside
from netgym_cli.jobs.sweep_file import Point
from netgym_cli.runs.checkpoints import Checkpoints
from netgym_cli.runs.claim import exclusive
from netgym_cli.runs.folder import RunFolder

LOCKS = ".locks"  # in the sweep's folder; of each job under way it has a file with the job's number


@dataclass(frozen=True)
class JobFolder:
    """The folder of a job.

    Attributes:
        point: what the job runs.
        sweep: the folder of the sweep.
    """

    point: Point
    sweep: Path

    @property
    def run(self) -> RunFolder:
        """The job's run."""
        return RunFolder(self.sweep / self.point.folder)

    def lock(self) -> JobLock:
        """The right to begin, judge and end this job. Raises as `JobLock` does."""
        return JobLock(self.sweep / LOCKS / str(self.point.number))

    def runs_elsewhere(self) -> bool:
        """For who has the lock: whether some process, such as one on another machine, is in the middle of the run."""
        return self.run.reserve_path.exists() and is_held(self.run.reserve_path) is True

    def attempts(self) -> list[RunFolder]:
        """What was set aside, the first one first."""
        return [RunFolder(path) for path in self._aside() if path.exists()]

    def verdict(self, retries: int) -> tuple[bool, str | None]:
        """Whether it has come to its end, as far as the folder tells, and why it failed for good if it did.

        Args:
            retries: how often a job that was killed is begun again.
        """
        status = self.run.status()
        if status != "failed":
            return status == "complete", None
        error = self.run.record().get("error") or {}
        kind, reason = str(error.get("type", "")), str(error.get("message", "")).partition("\n")[0]
        if by_signal_from_outside(reason):
            return self.times_killed() > retries, reason
        return True, f"{kind}: {reason}".strip(": ") or status

    def shortcoming(self) -> str | None:
        """What a job lacks whose run is complete; None: nothing."""
        return None

    def may_begin_again(self, reason: str) -> bool:
        """Whether a job that has just ended for this reason was killed."""
        return self.run.status() == "interrupted" or by_signal_from_outside(reason)

    def note_pruned(self, place: int) -> None:
        """Says that it ended early on purpose; only a trial of a search does."""
        raise NotImplementedError

    def times_killed(self) -> int:
        """How many attempts, the last one included, ended by a signal from outside."""
        return sum(killed_from_outside(run) for run in (*self.attempts(), self.run))

    def times_continued(self) -> int:
        """How often the run has gone on from a checkpoint."""
        try:
            return len(self.run.record().get("resumed") or [])
        except ConfigError:
            return 0

    def continue_or_set_aside(self, begin_anew: bool = False) -> bool:
        """Decides how a job goes on that has begun before: from its checkpoint, if it has one, or from its beginning.

        In the second case its folder gets the next name of its own, and there is room for another attempt.

        Args:
            begin_anew: whether it is to begin anew even with a checkpoint.

        Returns:
            Whether the run goes on.
        """
        if not begin_anew and self.run.holds_run and Checkpoints(self.run).steps:
            return True
        if self.run.holds_run or self.run.metrics.exists():  # or else its process was gone before the run had begun
            self.run.path.rename(next(path for path in self._aside() if not path.exists()))
        return False

    def _aside(self) -> Iterator[Path]:
        """`3.attempt1` and so on: those that are there, and the first that is not."""
        number = 0
        while True:
            number += 1
            path = self.run.path.with_name(f"{self.run.path.name}.attempt{number}")
            yield path
            if not path.exists():
                return


class JobLock:
    """A job's lock, which this process holds, and each child process that inherits it; free when all have ended.

    Args:
        path: its file, which is made if need be.

    Raises:
        BlockingIOError: somebody else holds it.
        ConfigError: nobody can know, because the file system has no locks.
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        self._path = path
        try:
            self._lock: Lock | None = exclusive(path)
        except BlockingIOError as error:
            if isinstance(error.__cause__, NoLocks):
                raise ConfigError(
                    f"a process may be in the middle of job {path.name}, and locks, which would tell, are not known to "
                    f"its file system; if none is, remove {path}."
                ) from error
            raise

    def filenos(self) -> list[int]:
        """The open file that a child process is to inherit."""
        return [] if self._lock is None else [self._lock.fileno()]

    def release(self) -> None:
        """Lets others have it. Harmless when called twice."""
        if self._lock is None:
            self._path.unlink(missing_ok=True)
        else:
            self._lock.release(remove=True)
