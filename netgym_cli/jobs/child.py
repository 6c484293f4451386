"""A Python program in a process of its own, which ends when this process does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from netgym_cli.common import user_modules
from netgym_cli.common.standard_streams import open_standard_streams
from netgym_cli.jobs import start

TAIL_LINES = 12
REQUESTS, PATIENCE_S = 3, 10.0  # how often, and how long each time, a process is asked to end before it is killed


class ChildProcess:
    """A Python program that runs beside this process.

    Its standard input is a pipe from here. When that ends, this process is gone, and the program is to end itself. It
    leads a process group of its own, so that a Ctrl-C in the terminal reaches it only from here.

    It imports from where this process does, except from the working directory and from where the main script lies:
    there it finds only what a config names.

    Args:
        module: what it runs, as `python -m` would.
        arguments: what follows on the command line.
        kept_open: numbers of open files that it gets, too.
        printed: files that its standard output and its standard error are appended to.
        piped: whether to read its standard output with `readline` and to keep its standard error for `tail`; otherwise
            both go where those of this process go.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        piped: bool = False,
        kept_open: Sequence[int] = (),
        printed: tuple[Path, Path] | None = None,
    ) -> None:
        open_standard_streams()
        self._errors = tempfile.TemporaryFile("w+") if piped else None  # noqa: SIM115 - lives as long as the process
        with ExitStack() as files:
            out, errors = [files.enter_context(path.open("a")) for path in printed] if printed else [None, self._errors]
            self._begin(module, arguments, subprocess.PIPE if piped else out, errors, kept_open)

    def _begin(
        self,
        module: str,
        arguments: Sequence[str],
        out: IO[str] | int | None,
        errors: IO[str] | None,
        kept_open: Sequence[int],
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", start.__file__, json.dumps(_inherited()), module, *arguments],
            env=user_modules.child_environment(),
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=errors,
            pass_fds=kept_open,
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


def _inherited() -> dict[str, list[str]]:
    """What `start` takes: this process's search path without the folders that Python put in front by itself."""
    here = os.path.realpath(os.curdir)
    chosen = {os.path.realpath(entry) for entry in user_modules.chosen_path()}
    main = sys.modules["__main__"]
    script = None if main.__spec__ else getattr(main, "__file__", None)  # of `python -m` there is a spec
    by_itself = {here, *([os.path.dirname(os.path.realpath(script))] if script else [])} - chosen
    path = [entry for entry in sys.path if os.path.realpath(entry) not in by_itself]
    apart = [os.path.realpath(entry) for entry in sys.path if os.path.realpath(entry) in by_itself]
    return {"path": path, "user": [*user_modules.searched(), *apart]}
