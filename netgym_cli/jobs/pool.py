"""Sessions that are played by several worker processes at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from netgym_cli.common import user_code
from netgym_cli.common.errors import ConfigError, NetgymError
from netgym_cli.jobs.child import ChildProcess

OnEvent = Callable[[int, dict[str, Any]], object]


class SessionFailed(NetgymError, RuntimeError):
    """A session failed.

    Attributes:
        number: which of the sessions it was.
        label, training, seed: its agent, which of the agent's trainings, and its seed.
    """

    label = ""
    training = 0
    seed = -1

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


def run_all(
    lines: Sequence[str], program: str, jobs: int, on_event: OnEvent = lambda number, event: None
) -> list[dict[str, Any]]:
    """The results of all sessions, in order.

    Args:
        lines: the sessions, one line of JSON each, ending in a newline.
        program: module that plays one; it uses `jobs.worker.serve`.
        jobs: number of processes, 1 or more.
        on_event: called with the number of a session and an event of it, and at its end with `{"done": ...}`; from any
            thread.

    Raises:
        SessionFailed: a session failed; all others were given up.
        ConfigError: an agent found in its session that it cannot act there.
        KeyboardInterrupt: interrupted; no process is left.
    """
    if not lines:
        return []
    pool = _Pool(program, on_event)
    with ThreadPoolExecutor(min(jobs, len(lines))) as threads:
        try:
            futures = [threads.submit(pool.run, number, line) for number, line in enumerate(lines)]
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future.done() and (error := future.exception()):
                    raise error
            return [future.result() for future in futures]
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            pool.end()


class _Pool:
    """One worker process per thread that asks for one."""

    def __init__(self, program: str, on_event: OnEvent) -> None:
        self._program, self._on_event = program, on_event
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._ended = False
        self._workers: list[ChildProcess] = []

    def run(self, number: int, line: str) -> dict[str, Any]:
        """The result of the session in `line`."""
        worker = self._worker()
        worker.send(line)
        while (event := self._next_event(number, worker)).keys() & {"done", "kind"} == set():
            self._on_event(number, event)
        if "done" in event:
            self._on_event(number, event)
            result: dict[str, Any] = event["done"]
            return result
        if event["kind"] == "config":
            raise ConfigError(event["message"])
        failed = SessionFailed(number, event["message"])
        if event["kind"] == "bug" and (hint := user_code.full_traceback()):
            failed.add_note(hint)
        raise failed from (user_code.WorkerTraceback(event["traceback"]) if "traceback" in event else None)

    def end(self) -> None:
        """Ends all workers, and with them their simulators."""
        with self._lock:
            self._ended = True
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.wait()

    def _next_event(self, number: int, worker: ChildProcess) -> dict[str, Any]:
        if not (line := worker.readline()):
            raise SessionFailed(number, f"the worker process ended with status {worker.wait()}.{worker.tail()}")
        event: dict[str, Any] = json.loads(line)
        return event

    def _worker(self) -> ChildProcess:
        if not hasattr(self._of_thread, "worker"):
            with self._lock:
                if self._ended:
                    raise SessionFailed(-1, "given up")
                worker = ChildProcess(self._program, piped=True)
                self._workers.append(worker)
            self._of_thread.worker = worker
        return self._of_thread.worker  # type: ignore[no-any-return]
