"""A bar that counts what child processes have done, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress(things: str, total: int, shown: bool | None = None, done: int = 0) -> Iterator[Callable[[float], None]]:
    """A bar on stderr while the context lasts; it yields a function that counts one thing more.

    The function takes the simulated seconds of the thing; the bar shows them per second of wall time.

    Args:
        things: what is counted, such as `sessions`.
        total: number of things.
        shown: whether to draw; None: if stderr is a terminal.
        done: how many are done already.
    """
    if not (bool(sys.stderr and sys.stderr.isatty()) if shown is None else shown):
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
