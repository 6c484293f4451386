"""Where the jobs of a sweep run: a launcher takes the folder of a job and gives a handle to wait for its end."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from netgym_cli.jobs.child import ChildProcess
from netgym_cli.runs.folder import RunFolder

# What a job that ends by itself exits with; anything else means that it was killed and could not say so.
ENDED_BY_ITSELF = (0, 1, 2, *(128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)))


@dataclass(frozen=True)
class JobResult:
    """How a job ended.

    Attributes:
        folder: its run folder.
        error: why it failed, or None.
    """

    folder: Path
    error: str | None


class JobHandle(ABC):
    """A job that was submitted."""

    @abstractmethod
    def poll(self) -> JobResult | None:
        """How the job ended; None while it has not."""

    @abstractmethod
    def wait(self) -> JobResult:
        """How the job ended, once it has."""

    @abstractmethod
    def cancel(self) -> JobResult:
        """Ends the job, which may complete its tables before; returns how it ended."""


class Launcher(ABC):
    """Starts jobs."""

    @abstractmethod
    def submit(self, folder: Path) -> JobHandle:
        """Starts to train what the config in a run folder says, in that folder, and does not wait for it."""


class LocalLauncher(Launcher):
    """Starts each job as a child process, which ends when this process does."""

    def submit(self, folder: Path) -> LocalJob:
        return LocalJob(folder, ChildProcess("netgym_cli", ["job", "--trust", str(folder)]))


class LocalJob(JobHandle):
    """A job in a child process."""

    def __init__(self, folder: Path, child: ChildProcess) -> None:
        self._folder, self._child = folder, child

    def poll(self) -> JobResult | None:
        return None if (status := self._child.poll()) is None else self._result(status)

    def wait(self) -> JobResult:
        return self._result(self._child.wait())

    def cancel(self) -> JobResult:
        return self._result(self._child.end())

    def _result(self, status: int) -> JobResult:
        return JobResult(self._folder, failure(self._folder, status))


def failure(folder: Path, status: int) -> str | None:
    """Why the job in `folder` with this exit status failed, or None.

    Marks the record of a run whose process was killed and could not do it itself.
    """
    if status == 0:
        return None
    run = RunFolder(folder)
    if status in ENDED_BY_ITSELF:
        error = run.record()["error"] if run.holds_run else None
        message = f"{error['type']}: {error['message']}".strip(": ").splitlines()[0] if error else ""
        return f"{message} (exit {status})".strip()
    reason = f"killed by {signal.Signals(-status).name}" if status < 0 else f"died with exit {status}"
    run.mark_dead(reason)
    return reason
