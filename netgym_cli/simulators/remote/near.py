"""A worker on another machine, as a `WorkerConnection`."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

from netgym_cli.simulators.remote import signs, wire
from netgym_cli.simulators.remote.answers import Answers
from netgym_cli.simulators.remote.line import END_PATIENCE_S, Line
from netgym_cli.simulators.remote.troubles import remedy

TAIL_LINES, TAIL_CHARS = 12, 20_000


class RemoteWorker:
    """One worker at the other end of a line.

    Args:
        line: over which a session was granted.
        released: called once when the session is over.

    Attributes:
        owner_pid: as of every `WorkerConnection`.
        pid: None: it runs on another machine.
        where: the destination, as the rest of a sentence.
    """

    pid = None
    living: ClassVar[weakref.WeakSet[RemoteWorker]] = weakref.WeakSet()

    def __init__(self, line: Line, released: Callable[[], None]) -> None:
        self.owner_pid = os.getpid()
        self.where = f" on {line.destination.name}"
        self._line, self._released = line, released
        self._answers = Answers()
        self._frame: bytes | None = None  # that has come and was not asked for yet
        self._told: dict[str, Any] = {}  # how the worker ended, if the far side has said so
        self._over = self._closed = False
        self.living.add(self)

    def fileno(self) -> int:
        return self._line.fileno()

    def send(self, frame: bytes) -> None:
        self._line.send(frame)

    def poll(self, timeout_s: float) -> bool:
        if self._frame is None and not self._over:
            try:
                self._frame = self._line.next(timeout_s)
                if self._frame is not None and self._frame[:1] == wire.END:
                    self._told, self._frame, self._over = wire.content_of(self._frame), None, True
                elif self._frame is not None:
                    self._answers.check(self._frame)
            except wire.BrokenFrame as error:
                self._frame, self._over = None, True
                self._line.give_up(str(error))
            except (EOFError, OSError):
                self._over = True
        return self._frame is not None or self._over

    def receive(self) -> bytes:
        while not self.poll(END_PATIENCE_S):
            pass  # `signs` ends a line that has fallen silent
        if self._frame is None:
            raise EOFError
        frame, self._frame = self._frame, None
        return frame

    def wait(self) -> str:
        while not self._over and self.poll(END_PATIENCE_S):
            self._frame = None
        how = self._line.end(END_PATIENCE_S)
        if self._told:
            return str(self._told.get("how"))[:TAIL_CHARS]
        return f"the connection to {self._line.destination.name} was lost ({self._line.lost or how})"

    def kill(self) -> None:
        self._line.give_up("it was ended here")

    def tail(self) -> str:
        if self._told:
            return str(self._told.get("tail"))[:TAIL_CHARS]
        said = self._line.said()
        lines = said.splitlines()[-TAIL_LINES:]
        if self._over:
            lines.append(f"What to do: {remedy(self._line.destination, said or self._line.lost)}.")
        return "".join(f"\n  {line}" for line in lines)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.living.discard(self)
            signs.let_go(self._line)
            self._line.close()
            self._released()

    def abandon(self) -> None:
        """In a forked copy of the trainer: lets go of what is the original's."""
        self._closed = True
        self._line.abandon()


def _abandon_all() -> None:
    for worker in list(RemoteWorker.living):
        worker.abandon()
    RemoteWorker.living.clear()


os.register_at_fork(after_in_child=_abandon_all)
