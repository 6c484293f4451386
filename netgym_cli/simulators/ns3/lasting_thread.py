"""Starts processes from a thread that lasts as long as this process.

A process can ask the kernel to end it with its parent, but to the kernel the parent is the thread that started it.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

Order = tuple[Sequence[str], dict[str, Any], "Future[subprocess.Popen[bytes]]"]


class _Starter:
    """The thread, which is there from the first order on."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """As `subprocess.Popen`."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="netgym-starter", daemon=True)
                self._thread.start()
        started: Future[subprocess.Popen[bytes]] = Future()
        self._orders.put((command, options, started))
        return started.result()

    def _work(self) -> None:
        while True:
            command, options, started = self._orders.get()
            try:
                process: Any = subprocess.Popen(command, **options)
                started.set_result(process)
            except BaseException as error:
                started.set_exception(error)


_starter = _Starter()


def popen(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """As `subprocess.Popen`, from the lasting thread; a forked copy of this process has one of its own."""
    return _starter.popen(command, **options)


def _forget() -> None:
    global _starter
    _starter = _Starter()


os.register_at_fork(after_in_child=_forget)
