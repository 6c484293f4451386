"""A Python program in a process of its own, which ends when this process does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress

from netgym_cli.common.standard_streams import open_standard_streams

TAIL_LINES = 12
REQUESTS, PATIENCE_S = 3, 10.0  # how often, and how long each time, a process is asked to end before it is killed


class ChildProcess:
    """A Python program that runs beside this process.

    Its standard input is a pipe from here. When that ends, this process is gone, and the program is to end itself. It
    leads a process group of its own, so that a Ctrl-C in the terminal reaches it only from here.

    Args:
        arguments: what follows `python` on the command line.
        search_path: folders that it may import from, first ones first.
        piped: whether to read its standard output with `readline` and to keep its standard error for `tail`; otherwise
            both go where those of this process go.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, arguments: Sequence[str], search_path: Iterable[str], piped: bool = False) -> None:
        open_standard_streams()
        self._errors = tempfile.TemporaryFile("w+") if piped else None  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(search_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if piped else None,
            stderr=self._errors,
            text=True,
            process_group=0,
        )

    def send(self, line: str) -> None:
        """Writes a line, with its newline, to standard input; a process that is gone gets nothing."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # its end is closed, or ours
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def close_input(self) -> None:
        """Ends standard input, which tells the program to end."""
        assert self._process.stdin is not None
        with suppress(OSError):  # of a line that could not be sent
            self._process.stdin.close()

    def readline(self) -> str:
        """The next line of standard output; empty once the process has closed it."""
        assert self._process.stdout is not None
        try:
            return self._process.stdout.readline()
        except OSError:
            return ""

    def poll(self) -> int | None:
        """The exit status, minus the number of the signal that killed it; None while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int:
        """The exit status, once there is one. Raises `TimeoutError` after `timeout_s`."""
        try:
            status = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"process {self._process.pid} still runs after {timeout_s} s") from error
        self.close_input()
        return status

    def end(self) -> int:
        """Lets the program come to its end, and kills it if it does not; returns the exit status.

        It gets SIGTERM, because a program behind a background shell may have been told to ignore SIGINT; and more than
        once, because Python loses an exception that a signal raises inside a weak reference's callback.
        """
        try:
            for _ in range(REQUESTS):
                self._process.terminate()
                with suppress(TimeoutError):
                    return self.wait(PATIENCE_S)
            self.kill()
            return self.wait()
        finally:
            self.close_input()  # whatever interrupts the waiting, the program hears that nobody waits for it

    def kill(self) -> None:
        """Sends SIGKILL and does not wait."""
        self._process.kill()

    def tail(self) -> str:
        """The last lines of standard error, each on a line of its own and indented."""
        assert self._errors is not None
        self._errors.seek(0)
        return "".join(f"\n  {line}" for line in self._errors.read().splitlines()[-TAIL_LINES:])
