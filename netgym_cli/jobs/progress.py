"""How much child processes have done: a bar on a terminal, elsewhere a line in the log now and then."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 30.0


@contextmanager
def progress(things: str, total: int, shown: bool | None = None, done: int = 0) -> Iterator[Callable[[float], None]]:
    """A bar on stderr while the context lasts; it yields a function that counts one thing more.

    The function takes the simulated seconds of the thing; the bar shows them per second of wall time. It may be called
    from any thread.

    Args:
        things: what is counted, such as `sessions`.
        total: number of things.
        shown: whether to draw; None: if stderr is a terminal, and if it is none, a line is logged every 30 seconds.
        done: how many are done already.
    """
    if shown is None and not (sys.stderr and sys.stderr.isatty()):
        yield _Lines(things, total, done)
        return
    if shown is False:
        yield lambda sim_s: None
        return
    speed = TextColumn("{task.fields[speed]}")
    columns = (TextColumn(things), BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
    began, simulated_s = time.monotonic(), 0.0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(things, total=total, completed=done, speed="")

        def count(sim_s: float) -> None:
            nonlocal simulated_s
            simulated_s += sim_s
            per_s = simulated_s / max(time.monotonic() - began, 1e-9)
            bar.update(task, advance=1, speed=f"{per_s:.2f} simulated s/s" if simulated_s else "")

        yield count


class _Lines:
    """Counts, and logs the count when the last line is some time ago."""

    def __init__(self, things: str, total: int, done: int) -> None:
        self._things, self._total, self._first, self._done = things, total, done, done
        self._began = self._said = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, sim_s: float) -> None:
        with self._lock:
            self._done += 1
            if (now := time.monotonic()) - self._said < LINE_EVERY_S or self._done >= self._total:
                return
            self._said = now
            left_s = (now - self._began) / (self._done - self._first) * (self._total - self._done)
            logging.getLogger(__name__).info(
                "%d of %d %s done, about %.0f s left", self._done, self._total, self._things, left_s
            )
