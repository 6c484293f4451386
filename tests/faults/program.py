"""A netgym command in processes of its own, that things can be done to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

END_TIMEOUT_S = 120
ORPHAN_TIMEOUT_S = 15
MARK = "NETGYM_FAULT_TEST"


class Program:
    """`python -m netgym_cli WORDS`, started in a folder; every process below it can be found by a mark.

    Args:
        words: verb and arguments.
        folder: working directory.
        environment: variables in addition to this process's.
        before: shell commands that run first in the same process, such as `ulimit -n 20;` or `exec 2>&-;`.
        options: for `subprocess.Popen`.
    """

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        before: str = "",
        **options: Any,
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.started = time.monotonic()
        self._errors = folder / f"stderr.{self.mark}"
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                ["bash", "-c", f'{before} exec "$@"', "bash", sys.executable, "-m", "netgym_cli", *words],
                cwd=folder,
                env={**os.environ, **(environment or {}), MARK: self.mark},
                start_new_session=True,
                **{"stdout": subprocess.DEVNULL, "stderr": errors, "stdin": subprocess.DEVNULL} | options,
            )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.processes():
            self.kill(pid, signal.SIGKILL)
        self.process.wait()

    @property
    def errors(self) -> str:
        """What it has written to stderr."""
        return self._errors.read_text(errors="replace")

    @property
    def over(self) -> bool:
        """Whether the command itself has ended."""
        return self.process.poll() is not None

    def wait_until(self, moment_s: float) -> None:
        """Returns that many seconds after the start, or when the command has ended."""
        while not self.over and time.monotonic() - self.started < moment_s:
            time.sleep(0.002)

    def processes(self) -> list[int]:
        """All its processes that have not ended, zombies excepted."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._owns(pid)]

    def zygotes(self) -> list[int]:
        """The processes that workers are forked from."""
        return [pid for pid in self._simulators() if _parent(pid) not in self._simulators()]

    def workers(self) -> list[int]:
        """The processes that simulate."""
        zygotes = self.zygotes()
        return [pid for pid in self._simulators() if _parent(pid) in zygotes]

    def kill(self, pid: int, number: signal.Signals) -> None:
        """Sends a signal to one of its processes, which may have ended."""
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the command's own process."""
        self.kill(self.process.pid, number)

    def send_group(self, number: signal.Signals) -> None:
        """Sends a signal to all processes of the command, as a terminal does."""
        os.killpg(self.process.pid, number)

    def end(self, timeout_s: float = END_TIMEOUT_S) -> int:
        """Waits for the end; returns the exit code (-n: by signal n)."""
        return self.process.wait(timeout_s)

    def orphans(self) -> list[str]:
        """Command lines of processes that are still there a while after the command has ended."""
        until = time.monotonic() + ORPHAN_TIMEOUT_S
        while (left := self.processes()) and time.monotonic() < until:
            time.sleep(0.05)
        return [_words(pid) for pid in left]

    def _simulators(self) -> list[int]:
        return [pid for pid in self.processes() if "zygote.py" in _words(pid)]

    def _owns(self, pid: int) -> bool:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return f"{MARK}={self.mark}".encode() in environment.split(b"\0") and state != "Z"


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
