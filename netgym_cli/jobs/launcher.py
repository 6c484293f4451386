"""Where the jobs of a sweep run: a launcher takes the folder of a job and gives a handle to wait for its end."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netgym_cli.jobs.child import ChildProcess
from netgym_cli.runs.folder import RunFolder


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
    """Starts each job as a child process, which ends when this process does.

    Args:
        config_dirs: the user's conf directories, which a job names in its advice.
    """

    def __init__(self, config_dirs: Sequence[Path] = ()) -> None:
        self._config_dirs = config_dirs

    def submit(self, folder: Path) -> LocalJob:
        dirs = [word for folder in self._config_dirs for word in ("--config-dir", str(folder))]
        return LocalJob(folder, ChildProcess("netgym_cli", ["job", "--trust", str(folder), *dirs]))


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
    """Why the job in `folder` with this exit status failed, or None. The record of the run decides, not the status.

    Marks the record of a run whose process ended and could not do it itself.
    """
    run = RunFolder(folder)
    state = run.status()
    if state == "complete":
        return None
    if state in ("failed", "interrupted"):
        error = run.record().get("error") or {}
        message = f"{error.get('type', state)}: {error.get('message', '')}".strip(": ").splitlines()[0]
        return f"{message} (exit {status})"
    if status < 0:
        reason = f"killed by {signal.Signals(-status).name}"
    elif state == "running":  # as after os._exit() in the code of an agent or environment
        reason = f"the process ended with exit {status} in the middle of the run and said nothing"
    else:
        reason = f"the process ended with exit {status}, and its run is {state}"
    run.mark_dead(reason)
    return reason
