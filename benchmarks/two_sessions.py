"""Two sessions at once in two processes, against one: does a second core help as much as it should?"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from timing import SEED, Figure, figure, make, steps, timed

Walk = Callable[[int], Any]


def environment() -> Walk:
    """Steps of the usual environment."""
    env = make()
    env.reset(seed=SEED)
    steps(env, 1)
    return partial(steps, env)


def plain() -> Walk:
    """Work that needs a core and nothing else."""
    return lambda number: sum(range(500_000 * number))


def session(far: Connection, prepare: Callable[[], Walk]) -> None:
    """A process that does as many steps as it is told to and answers when done."""
    walk = prepare()
    far.send(True)
    while number := far.recv():
        walk(number)
        far.send(True)


def at_once(connections: list[Connection], number: int) -> float:
    """Seconds until all have done `number` steps, started together."""

    def together() -> None:
        for connection in connections:
            connection.send(number)
        for connection in connections:
            connection.recv()

    return timed(together)


def busy_cores() -> float:
    """How many cores others keep busy, measured over a third of a second."""

    def ticks() -> tuple[int, int]:
        spent = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(spent), spent[3] + spent[4]

    before = ticks()
    time.sleep(0.33)
    total, idle = (after - earlier for after, earlier in zip(ticks(), before, strict=True))
    return (os.cpu_count() or 1) * (1 - idle / max(total, 1))


def wait_for_quiet(most: float = 0.2, patience_s: float = 3) -> None:
    """Waits for a moment in which the machine has nothing else to do; gives up after a while."""
    deadline = time.monotonic() + patience_s
    while busy_cores() > most and time.monotonic() < deadline:
        pass


def two_at_once(turns: int, number: int, prepare: Callable[[], Walk], what: str, target: float | None = None) -> Figure:
    """Throughput of two processes over that of one: a third process does alone what the two do at once.

    Args:
        turns: how often.
        number: of steps in each turn.
        prepare: run in each process, gives what does a number of steps there.
        what: name of the figure.
        target: least ratio.
    """
    context, connections, processes = get_context("spawn"), [], []
    for _ in range(3):
        near, far = context.Pipe()
        processes.append(context.Process(target=session, args=(far, prepare)))
        processes[-1].start()
        connections.append(near)
    for connection in connections:
        connection.recv()
    ratios = []
    for _ in range(turns):
        wait_for_quiet()
        alone = at_once(connections[:1], number)
        ratios.append(2 * alone / at_once(connections[1:], number))
    for connection, process in zip(connections, processes, strict=True):
        connection.send(0)
        process.join()
    if target is None:
        return figure(what, ratios, "")
    return figure(what, ratios, f">= {target:g}", median(ratios) >= target)
