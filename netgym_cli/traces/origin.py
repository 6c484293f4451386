"""When a trace begins: whether its times are those of a session, or dates, or begin anywhere."""

from __future__ import annotations

import logging
from functools import cache
from typing import Literal, TypeVar

log = logging.getLogger(__name__)

DATE_MS = 1e11  # ms since 1970 in 1973; no session is as long as three years

FirstRow = Literal["in_time", "at_0"]
Number = TypeVar("Number", int, float)


def counted_from_the_first(times_ms: list[Number], first_row: FirstRow, where: str) -> list[Number]:
    """The times less the first one if that is a date, or if it is not 0 and must be; else as they are.

    Args:
        times_ms: rising times, one or more.
        first_row: see `read_bw_trace`.
        where: key and file, for the note that is logged.
    """
    first = times_ms[0]
    if first == 0 or (first_row == "in_time" and first < DATE_MS):
        return times_ms
    say_once(f"{where}: the trace begins at {first:.15g} ms; its times are counted from that first row on.")
    return [time - first for time in times_ms]


def say_when_it_begins(first_ms: float, session_ms: float, until_then: str, where: str) -> None:
    """Logs that the first row comes later than the session begins, and warns if it comes after its end.

    Args:
        first_ms: time of the first row.
        session_ms: length of the session.
        until_then: what holds before the first row.
        where: key and file.
    """
    if first_ms >= session_ms:
        say_once(
            f"{where}: the trace begins at {first_ms:.15g} ms and the session ends at {session_ms:.15g} ms: the trace "
            f"has no effect, and {until_then} throughout. Subtract its first time from all, or make the session longer."
        )
    elif first_ms > 0:
        say_once(f"{where}: the trace begins at {first_ms:.15g} ms; until then {until_then}.", logging.INFO)


@cache
def say_once(text: str, level: int = logging.WARNING) -> None:
    """Logs what every further reading of the same trace would repeat."""
    log.log(level, text)
