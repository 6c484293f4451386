"""A thread that makes one call after the other, so that what must stay in one thread does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a call returned, or what it raised."""

    value: Any = None
    error: BaseException | None = None


class CallingThread:
    """Makes the calls that it is asked for, in their order. It does not keep the program from ending.

    Args:
        name: of the thread, as debuggers show it.

    Attributes:
        last: what came of the newest call that it has made.
    """

    def __init__(self, name: str) -> None:
        self.last = Outcome()
        self._calls: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        # A daemon: one that hangs in a simulator's code must not keep an interrupted program alive.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def ask(self, call: Callable[[], Any]) -> None:
        """Has the thread make `call` next; `outcome` tells what came of it."""
        self._calls.put(call)

    def outcome(self) -> Outcome:
        """Waits for the oldest call that has not been told yet."""
        return self._outcomes.get()

    def end_after(self, last: Callable[[], Any]) -> None:
        """The thread ends with this call, after those that it was asked for."""
        self._calls.put(last)
        self._calls.put(None)

    def ended(self, within_s: float) -> bool:
        """Whether the thread has ended, or does so within this time."""
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                outcome = Outcome(call())
            except BaseException as error:  # of any kind: it is raised again where the outcome is looked at
                outcome = Outcome(error=error)
            self.last = outcome
            self._outcomes.put(outcome)
            del call, outcome  # nothing is kept alive while the thread waits
