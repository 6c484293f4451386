"""A bar that counts sessions, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress(sessions: int, shown: bool | None = None) -> Iterator[Callable[[], None]]:
    """Inside it the bar stands on stderr; calling what it gives counts one session.

    Args:
        sessions: number of sessions.
        shown: whether to draw; None: if stderr is a terminal.
    """
    if not (sys.stderr.isatty() if shown is None else shown):
        yield lambda: None
        return
    columns = (TextColumn("sessions"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sessions", total=sessions)
        yield lambda: bar.advance(task)
