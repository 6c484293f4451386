"""Worker processes that play sessions side by side: whatever dies there, this process lives and says what it was."""

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

from netgym_cli.errors import ConfigError, NetgymError
from netgym_cli.evaluation.task import Task

COMMAND = [sys.executable, "-P", "-m", "netgym_cli.evaluation.worker"]
TAIL_LINES = 12


class SessionFailed(NetgymError, RuntimeError):
    """A session came to no figures.

    Attributes:
        number: which of the tasks it was.
        label, seed: its agent and seed.
    """

    label = ""
    seed = -1

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


def played(tasks: Sequence[Task], jobs: int, done: Callable[[], object] = lambda: None) -> list[dict[str, float]]:
    """The figures of every task, in order.

    Args:
        tasks: what to play.
        jobs: number of processes, 1 or more.
        done: called after every session, from any thread.

    Raises:
        SessionFailed: a session failed; all others were given up.
        ConfigError: an agent found in its session that it cannot act there.
        KeyboardInterrupt: interrupted; no process is left.
    """
    crew = _Crew()

    def one(number: int) -> dict[str, float]:
        figures = crew.play(number, tasks[number])
        done()
        return figures

    with ThreadPoolExecutor(min(jobs, len(tasks))) as threads:
        try:
            futures = [threads.submit(one, number) for number in range(len(tasks))]
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future.done() and (error := future.exception()):
                    raise error
            return [future.result() for future in futures]
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            crew.end()


class _Crew:
    """One worker process per thread that asks for one."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._ended = False
        self._workers: list[subprocess.Popen[str]] = []
        self._said: dict[int, Any] = {}

    def play(self, number: int, task: Task) -> dict[str, float]:
        worker = self._worker()
        try:
            worker.stdin.write(task.line())  # type: ignore[union-attr]
            worker.stdin.flush()  # type: ignore[union-attr]
            line = worker.stdout.readline()  # type: ignore[union-attr]
        except OSError:
            line = ""
        if not line:
            raise SessionFailed(number, f"the worker process ended with status {worker.wait()}.{self._tail(worker)}")
        answer = json.loads(line)
        if "means" in answer:
            means: dict[str, float] = answer["means"]
            return means
        if answer["kind"] == "config":
            raise ConfigError(answer["message"])
        tail = self._tail(worker) if answer["kind"] == "bug" else ""
        raise SessionFailed(number, answer["message"] + tail)

    def end(self) -> None:
        """Ends all workers, and with them their simulators."""
        with self._lock:
            self._ended = True
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.wait()

    def _worker(self) -> subprocess.Popen[str]:
        if not hasattr(self._mine, "worker"):
            with self._lock:
                if self._ended:
                    raise SessionFailed(-1, "given up")
                output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the worker
                worker = subprocess.Popen(
                    COMMAND,
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
