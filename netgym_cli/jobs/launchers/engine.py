"""Jobs that an engine runs: it starts `netgym job FOLDER`, and what came of it is read from the folder alone."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from netgym_cli.config import conf_dirs
from netgym_cli.config.output_dirs import SWEEP_DIR
from netgym_cli.jobs.launcher import KILLED_BY, JobHandle, JobResult, Launcher, LocalLauncher, failure
from netgym_cli.runs.claim import claimed
from netgym_cli.runs.folder import PROCESS_DIED, RunFolder

LOOK_EVERY_S = 1.0
PATIENCE_S = 60.0  # how long an engine may take to end a job


class Ticket(ABC):
    """What an engine gives for a job that was handed to it."""

    @abstractmethod
    def is_over(self) -> bool:
        """Whether nothing of the job runs any more, or ever will."""

    @abstractmethod
    def stop(self) -> None:
        """Asks the engine to end the job; harmless when it has ended."""

    @abstractmethod
    def told(self) -> str:
        """The engine's word for how the job stands."""


class EngineLauncher(Launcher):
    """Hands jobs to an engine.

    Args:
        config_dirs: the user's conf directories.
    """

    def __init__(self, config_dirs: Sequence[Path] = ()) -> None:
        self._config_dirs = config_dirs

    def submit(self, folder: Path, locks: Sequence[int] = (), quiet: bool = False, goes_on: bool = False) -> EngineJob:
        dirs = [word for config_dir in self._config_dirs for word in ("--config-dir", str(config_dir))]
        how = ["--goes-on"] if goes_on else []
        words = ["-P", "-m", "netgym_cli", "job", "--detached", "--trust", *how, str(folder.absolute()), *dirs]
        return EngineJob(folder, self.start([sys.executable, *words]))

    @abstractmethod
    def start(self, command: Sequence[str]) -> Ticket:
        """Hands a command to the engine."""


class EngineJob(JobHandle):
    """A job that an engine has."""

    def __init__(self, folder: Path, ticket: Ticket) -> None:
        self._folder, self._ticket = folder, ticket
        self._looked_at = 0.0

    def poll(self) -> JobResult | None:
        if time.monotonic() - self._looked_at < LOOK_EVERY_S:
            return None
        over = self._ticket.is_over()
        self._looked_at = time.monotonic()
        return self._result() if over else None

    def wait(self) -> JobResult:
        while (result := self.poll()) is None:
            time.sleep(LOOK_EVERY_S)
        return result

    def ask_to_end(self) -> None:
        self._ticket.stop()

    def cancel(self) -> JobResult:
        self._ticket.stop()
        until = time.monotonic() + PATIENCE_S
        while not self._ticket.is_over() and time.monotonic() < until:
            time.sleep(0.2)
        return self._result()

    def _result(self) -> JobResult:
        run = RunFolder(self._folder)
        state = run.status()
        error = run.record().get("error") or {} if run.holds_run else {}
        if state == "failed" and error.get("type") == PROCESS_DIED:
            return JobResult(self._folder, str(error.get("message")))
        if state == "running":  # whoever looked after it is gone, too
            run.mark_dead(f"{KILLED_BY}{signal.SIGKILL.name}")
            return JobResult(self._folder, f"{KILLED_BY}{signal.SIGKILL.name}")
        if state == "not begun":
            return JobResult(self._folder, f"the engine says '{self._ticket.told()}', and its run is {state}")
        return JobResult(self._folder, failure(self._folder, 1))


def supervise(folder: Path, config_dirs: Sequence[Path], goes_on: bool) -> int:
    """For a process that an engine has started: runs the job in `folder` as a child, and marks its record if it dies.

    Returns:
        The exit status: 0 if the run is complete.

    Raises:
        ConfigError: a run lies there, or somebody else has begun one.
        KeyboardInterrupt: this process is to end; the job has ended, with complete tables.
    """
    _end_with_parent()
    folders = conf_dirs.user_dirs(config_dirs)
    conf_dirs.make_importable(folders)  # a child looks for modules where its parent does
    with ExitStack() as held:
        locks: list[int] = []
        if not goes_on:
            claim = held.enter_context(claimed(RunFolder(folder), SWEEP_DIR))
            claim.keep()
            locks = claim.filenos()
        job = LocalLauncher(folders).submit(folder, locks, quiet=True, goes_on=goes_on)
        try:
            return 1 if job.wait().error else 0
        except BaseException:
            job.cancel()
            raise


def _end_with_parent() -> None:
    """Ends this process as SIGTERM does when the one that has started it is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
