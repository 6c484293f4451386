"""Two sessions at once in two processes, against one: does a second core help as much as it should?"""

from __future__ import annotations

import os
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from timing import SEED, Figure, figure, make, steps, timed


def session(far: Connection, busy: bool) -> None:
    """A process that does as many steps as it is told to and answers when done; `busy`: it only computes instead."""
    env = None if busy else make()
    if env:
        env.reset(seed=SEED)
        steps(env, 1)
    far.send(True)
    while number := far.recv():
        sum(range(500_000 * number)) if busy else steps(env, number)
        far.send(True)


def at_once(connections: list[Connection], number: int) -> float:
    """Seconds until all have done `number` steps, started together."""

    def together() -> None:
        for one in connections:
            one.send(number)
        for one in connections:
            one.recv()

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


def two_at_once(turns: int, number: int, busy: bool) -> Figure:
    """Throughput of two processes over that of one: a third process does alone what the two do at once."""
    context, connections, processes = get_context("spawn"), [], []
    for _ in range(3):
        near, far = context.Pipe()
        processes.append(context.Process(target=session, args=(far, busy)))
        processes[-1].start()
        connections.append(near)
    for one in connections:
        one.recv()
    ratios = []
    for _ in range(turns):
        wait_for_quiet()
        alone = at_once(connections[:1], number)
        ratios.append(2 * alone / at_once(connections[1:], number))
    for one, process in zip(connections, processes, strict=True):
        one.send(0)
        process.join()
    what = "two plain loops / one (what this machine gives)" if busy else "two sessions at once / one, throughput"
    return figure(what, ratios, "" if busy else ">= 1.8", None if busy else median(ratios) >= 1.8)
