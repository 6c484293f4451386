"""Jobs on Slurm, or on this machine, by submitit. What it pickles of a job's end is never read."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.jobs.launchers.engine import EngineLauncher, Ticket

MISSING = "launcher={name} needs submitit, which is not installed here; install it by: pip install 'netgym[slurm]'"
FILES = ".submitit"  # in the sweep's folder: its scripts and logs
LONGEST_MIN = 60 * 24 * 365  # of a job on this machine, which otherwise ends after minutes


def launcher(name: str, options: Mapping[str, Any], sweep: Path, config_dirs: Sequence[Path]) -> SubmititLauncher:
    """Raises `ConfigError` where submitit or Slurm is missing, or for an option that it does not know."""
    try:
        import submitit
    except ImportError as error:
        raise ConfigError(MISSING.format(name=name)) from error
    logging.getLogger("submitit").setLevel(logging.WARNING)
    slurm = name == "submitit_slurm"
    if slurm and shutil.which("sbatch") is None:
        raise ConfigError(f"launcher={name} needs Slurm, and there is no sbatch here; log in where jobs are submitted.")
    kind = submitit.SlurmExecutor if slurm else submitit.LocalExecutor
    try:
        executor = kind(folder=sweep.absolute() / FILES)
        executor.update_parameters(**({} if slurm else {"timeout_min": LONGEST_MIN}), **options)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ConfigError(f"launcher={name} does not take {_told(options)}: {error}") from error
    return SubmititLauncher(executor, config_dirs)


def _told(options: Mapping[str, Any]) -> str:
    return " ".join(f"launcher.{key}={value}" for key, value in options.items()) or "the defaults"


class SubmititLauncher(EngineLauncher):
    """Hands jobs to an executor of submitit."""

    def __init__(self, executor: Any, config_dirs: Sequence[Path]) -> None:
        super().__init__(config_dirs)
        self._executor = executor

    def start(self, command: Sequence[str]) -> SubmititTicket:
        from submitit.helpers import CommandFunction

        return SubmititTicket(self._executor.submit(CommandFunction(list(command), verbose=False)))


class SubmititTicket(Ticket):
    """A job of submitit."""

    def __init__(self, job: Any) -> None:
        self._job = job

    def is_over(self) -> bool:
        return bool(self._job.done())

    def stop(self) -> None:
        if not self.is_over():
            self._job.cancel(check=False)

    def told(self) -> str:
        return f"{self._job.state}; see {self._job.paths.stderr}"
