"""The processes of the crew, and who plays which session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from netgym_cli.common.errors import ConfigError, NetgymError

TAIL_LINES = 12
Heard = Callable[[int, dict[str, Any]], object]


class SessionFailed(NetgymError, RuntimeError):
    """A session came to nothing.

    Attributes:
        number: which of the sessions it was.
        label, seed: its agent and seed.
    """

    label = ""
    seed = -1

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


def played(
    lines: Sequence[str], program: str, jobs: int, heard: Heard = lambda number, news: None
) -> list[dict[str, Any]]:
    """What came of every session, in order.

    Args:
        lines: what to play, one line of JSON each, ending in a newline.
        program: module that plays it.
        jobs: number of processes, 1 or more.
        heard: told of news, and of the end of each session by `{"done": ...}`; called from any thread.

    Raises:
        SessionFailed: a session failed; all others were given up.
        ConfigError: an agent found in its session that it cannot act there.
        KeyboardInterrupt: interrupted; no process is left.
    """
    if not lines:
        return []
    crew = _Crew([sys.executable, "-P", "-m", program], heard)
    with ThreadPoolExecutor(min(jobs, len(lines))) as threads:
        try:
            futures = [threads.submit(crew.play, number, line) for number, line in enumerate(lines)]
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future.done() and (error := future.exception()):
                    raise error
            return [future.result() for future in futures]
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            crew.end()


class _Crew:
    """One process per thread that asks for one."""

    def __init__(self, command: list[str], heard: Heard) -> None:
        self._command, self._heard = command, heard
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._ended = False
        self._workers: list[subprocess.Popen[str]] = []
        self._said: dict[int, Any] = {}

    def play(self, number: int, line: str) -> dict[str, Any]:
        worker = self._worker()
        try:
            worker.stdin.write(line)  # type: ignore[union-attr]
            worker.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            pass  # it is gone, and the next line says so
        while (message := self._message(number, worker)).keys() & {"done", "kind"} == set():
            self._heard(number, message)
        if "done" in message:
            self._heard(number, message)
            found: dict[str, Any] = message["done"]
            return found
        if message["kind"] == "config":
            raise ConfigError(message["message"])
        tail = self._tail(worker) if message["kind"] == "bug" else ""
        raise SessionFailed(number, message["message"] + tail)

    def end(self) -> None:
        """Ends all workers, and with them their simulators."""
        with self._lock:
            self._ended = True
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.wait()

    def _message(self, number: int, worker: subprocess.Popen[str]) -> dict[str, Any]:
        try:
            line = worker.stdout.readline()  # type: ignore[union-attr]
        except OSError:
            line = ""
        if not line:
            raise SessionFailed(number, f"the worker process ended with status {worker.wait()}.{self._tail(worker)}")
        message: dict[str, Any] = json.loads(line)
        return message

    def _worker(self) -> subprocess.Popen[str]:
        if not hasattr(self._mine, "worker"):
            with self._lock:
                if self._ended:
                    raise SessionFailed(-1, "given up")
                output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the worker
                worker = subprocess.Popen(
                    self._command,
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(one or os.getcwd() for one in sys.path)},
                    stdin=subprocess.PIPE,  # its end tells the worker that this process is gone
                    stdout=subprocess.PIPE,
                    stderr=output,
                    text=True,
                    process_group=0,  # a Ctrl-C is this process's to handle
                )
                self._workers.append(worker)
                self._said[worker.pid] = output
            self._mine.worker = worker
        return self._mine.worker  # type: ignore[no-any-return]

    def _tail(self, worker: subprocess.Popen[str]) -> str:
        output = self._said[worker.pid]
        output.seek(0)
        return "".join(f"\n  {line}" for line in output.read().splitlines()[-TAIL_LINES:])
