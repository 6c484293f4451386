"""Interruptions by a signal: the first one unwinds the program as Ctrl-C does, later ones do not disturb its ending."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Python loses an exception that a signal raises inside a weak reference's callback, so a later signal is heard again.
PATIENCE_S = 5.0


class _State:
    """What has happened since signals are handled; handlers run in the main thread, between two of its instructions."""

    def __init__(self) -> None:
        self.deferring = 0
        self.before: dict[signal.Signals, Any] = {}
        self.forget()

    def forget(self) -> None:
        self.first: int | None = None
        self.raised_at = -float("inf")
        self.settled = self.pending = False


_state = _State()


def _hear(number: int, frame: object) -> None:
    if _state.settled or time.monotonic() - _state.raised_at < PATIENCE_S:
        return
    if _state.first is None:
        _state.first = number
    if _state.deferring:
        _state.pending = True
        return
    _raise()


def _raise() -> None:
    _state.pending, _state.raised_at = False, time.monotonic()
    first = signal.Signals(_state.first or signal.SIGINT)
    raise KeyboardInterrupt(*([] if first == signal.SIGINT else [first.name]))


def first_signal() -> int | None:
    """Number of the signal that interrupted the program; None if none has."""
    return _state.first


@contextmanager
def handled(until_exit: bool = False) -> Iterator[None]:
    """Inside it the first SIGINT, SIGTERM or SIGHUP raises `KeyboardInterrupt`, with the signal's name unless Ctrl-C's.

    A signal that the program was told to ignore, as by `nohup`, stays ignored. Inside another such block, and in other
    threads than the main one, which cannot handle signals, it does nothing.

    Args:
        until_exit: ignore signals afterwards, because the program's outcome is decided; else handlers are put back.
    """
    if _state.before or threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.forget()
    for number in SIGNALS:
        before = signal.getsignal(number)
        if before is None or (number == signal.SIGHUP and before is signal.SIG_IGN):
            continue
        if number != signal.SIGINT or before is signal.default_int_handler:
            _state.before[number] = before
    for number in _state.before:
        signal.signal(number, _hear)
    try:
        yield
    finally:
        if until_exit:
            settle()
        else:
            _put_back()


def settle() -> None:
    """The outcome is decided: from now on signals change nothing, until the block of `handled` ends."""
    _state.settled = True
    if threading.current_thread() is threading.main_thread():
        for number in _state.before:
            signal.signal(number, signal.SIG_IGN)  # not a function: that one ends before the interpreter does


def reopen() -> None:
    """After `settle`, where another part begins that may be interrupted: signals count again as `handled` says."""
    if not _state.before or threading.current_thread() is not threading.main_thread():
        return
    _state.forget()
    for number in _state.before:
        signal.signal(number, _hear)


def _put_back() -> None:
    while _state.before:
        signal.signal(*_state.before.popitem())


class Deferred:
    """A context inside which an interruption waits until its end, so that what belongs together is done together."""

    def __enter__(self) -> None:
        _state.deferring += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _state.deferring -= 1
        if _state.pending and not _state.deferring and not _state.settled:
            _raise()
