"""Where the jobs of a sweep run: a launcher takes the folder of a job and gives a handle to wait for its end."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netgym_cli.jobs.child import ChildProcess
from netgym_cli.runs.folder import PROCESS_DIED, RunFolder

STDOUT, STDERR = "stdout.txt", "stderr.txt"  # in a job's folder: what it has printed
KILLED_BY = "killed by "
# Signals that somebody sends, as the kernel does when memory runs out, and not those of a program that went wrong,
# which goes wrong again: simulations are deterministic.
SENT = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU}


@dataclass(frozen=True)
class JobResult:
    """How a job ended.

    Attributes:
        folder: its run folder.
        error: why it failed, or None.
        reproduce: the command that runs it alone; empty where nobody knows it.
    """

    folder: Path
    error: str | None
    reproduce: str = ""


class JobHandle(ABC):
    """A job that was submitted."""

    @abstractmethod
    def poll(self) -> JobResult | None:
        """How the job ended; None while it has not."""

    @abstractmethod
    def wait(self) -> JobResult:
        """How the job ended, once it has."""

    @abstractmethod
    def ask_to_end(self) -> None:
        """Tells the job to end, and does not wait for it."""

    @abstractmethod
    def cancel(self) -> JobResult:
        """Ends the job, which may complete its tables before; returns how it ended."""


class Launcher(ABC):
    """Starts jobs."""

    @abstractmethod
    def submit(self, folder: Path, locks: Sequence[int] = (), quiet: bool = False, goes_on: bool = False) -> JobHandle:
        """Starts to train what the config in a run folder says, in that folder, and does not wait for it.

        Args:
            folder: the run folder.
            goes_on: whether a run has begun there, which goes on from its checkpoint.
            locks: open files with locks that the job is to hold, too, until it has ended.
            quiet: whether what the job prints goes to files in its folder, and not to where this process prints.
        """


class LocalLauncher(Launcher):
    """Starts each job as a child process, which ends when this process does.

    Args:
        config_dirs: the user's conf directories, which a job names in its advice.
    """

    def __init__(self, config_dirs: Sequence[Path] = ()) -> None:
        self._config_dirs = config_dirs

    def submit(self, folder: Path, locks: Sequence[int] = (), quiet: bool = False, goes_on: bool = False) -> LocalJob:
        dirs = [word for config_dir in self._config_dirs for word in ("--config-dir", str(config_dir))]
        words = ["job", "--trust", *(["--goes-on"] if goes_on else []), str(folder), *dirs]
        printed = (folder / STDOUT, folder / STDERR) if quiet else None
        return LocalJob(folder, ChildProcess("netgym_cli", words, kept_open=locks, printed=printed))


class LocalJob(JobHandle):
    """A job in a child process."""

    def __init__(self, folder: Path, child: ChildProcess) -> None:
        self._folder, self._child = folder, child

    def poll(self) -> JobResult | None:
        return None if (status := self._child.poll()) is None else self._result(status)

    def wait(self) -> JobResult:
        return self._result(self._child.wait())

    def ask_to_end(self) -> None:
        self._child.close_input()

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
        reason = f"{KILLED_BY}{signal.Signals(-status).name}"
    elif state == "running":  # as after os._exit() in the code of an agent or environment
        reason = f"the process ended with exit {status} in the middle of the run and said nothing"
    else:
        reason = f"the process ended with exit {status}, and its run is {state}"
    run.mark_dead(reason)
    return reason


def killed_from_outside(run: RunFolder) -> bool:
    """Whether a run failed because a signal that somebody sent ended its process."""
    if run.status() != "failed":
        return False
    error = run.record().get("error") or {}
    return error.get("type") == PROCESS_DIED and by_signal_from_outside(str(error.get("message")))


def by_signal_from_outside(reason: str) -> bool:
    """Whether this reason, as `failure` words it, is a signal that somebody sent."""
    return reason in {f"{KILLED_BY}{number.name}" for number in SENT}
