"""Signs of life to and from all workers elsewhere, by one thread: learning may take minutes between two steps."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Protocol

from netgym_cli.simulators.remote.wire import EVERY_S, NEAR_PATIENCE_S

LOOK_S = 1.0


class Watched(Protocol):
    """A connection whose other side gives signs of life."""

    heard_s: float

    def readable(self) -> bool:
        """Whether something has come that was not read yet."""

    def sign(self) -> None:
        """Gives a sign of life, if that can be done at once."""

    def give_up(self, why: str) -> None:
        """Ends the connection, so that whoever waits for it is told."""


class Signs:
    """The thread, which is there as long as there is something to watch."""

    def __init__(self) -> None:
        self._watched: weakref.WeakSet[Watched] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, connection: Watched) -> None:
        """From now on."""
        with self._lock:
            self._watched.add(connection)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="netgym-signs", daemon=True)
                self._thread.start()

    def let_go(self, connection: Watched) -> None:
        """From now on not."""
        with self._lock:
            self._watched.discard(connection)

    def _work(self) -> None:
        spoke_s = time.monotonic()
        while True:
            time.sleep(LOOK_S)
            now_s = time.monotonic()
            with self._lock:
                watched = list(self._watched)
                if not watched:
                    self._thread = None
                    return
            speak = now_s - spoke_s >= EVERY_S
            spoke_s = now_s if speak else spoke_s
            for connection in watched:
                if speak:
                    connection.sign()
                if connection.readable():
                    connection.heard_s = now_s
                elif now_s - connection.heard_s > NEAR_PATIENCE_S:
                    connection.give_up(f"no sign of life for {NEAR_PATIENCE_S:g} s")


_signs = Signs()


def watch(connection: Watched) -> None:
    """Has this process's thread watch over a connection, until it is let go of or forgotten."""
    _signs.watch(connection)


def let_go(connection: Watched) -> None:
    """Has it watch over that no more."""
    _signs.let_go(connection)


def _forget() -> None:
    global _signs
    _signs = Signs()


os.register_at_fork(after_in_child=_forget)
