"""Writes the bandwidth traces that are shipped with netgym: `python benchmarks/traces.py [FOLDER]`.

Each is 100 s long and the same every time.
"""

import math
import random
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "netgym_cli" / "traces"
LENGTH_MS = 100_000


def networkgym():
    """NetworkGym's default: the rate doubles, falls to a quarter, recovers."""
    return [(0, 1000, 10, 0), (10_000, 2000, 10, 0), (50_000, 500, 10, 0), (70_000, 1000, 10, 0)]


def steps():
    """A new rate every 10 s, up and down by different factors."""
    rates = [1000, 600, 1400, 400, 1200, 800, 300, 1000, 1500, 700]
    return [(10_000 * k, rate, 20, 0) for k, rate in enumerate(rates)]


def sawtooth():
    """The rate climbs for 20 s and falls at once."""
    return [(at, 400 + 1200 * (at % 20_000) // 20_000, 20, 0) for at in range(0, LENGTH_MS, 500)]


def lte_like():
    """A cellular link: the rate wanders over a decade within seconds, the delay is long, losses are repaired below."""
    draw, level, rows = random.Random(1), 0.0, []
    for at in range(0, LENGTH_MS, 200):
        level = 0.97 * level + 0.12 * draw.gauss(0, 1)
        rows.append((at, round(min(max(700 * math.exp(level), 200), 3000)), 40, 0))
    return rows


def wifi_like():
    """A shared wireless link: stretches of contention in which the rate falls, the delay rises and packets are lost."""
    draw, at, rows, busy = random.Random(2), 0, [], False
    while at < LENGTH_MS:
        if busy:
            rows.append((at, draw.randrange(400, 900, 50), draw.randrange(10, 25), draw.choice((0.005, 0.01, 0.02))))
        else:
            rows.append((at, draw.randrange(1500, 2500, 100), 5, 0))
        at += draw.randrange(500, 1500, 100) if busy else draw.randrange(1500, 4000, 100)
        busy = not busy
    return rows


TRACES = {make.__name__: make for make in (networkgym, steps, sawtooth, lte_like, wifi_like)}


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TRACES.items():
        lines = [",".join(map(str, row)) for row in make()]
        (folder / f"{name}.csv").write_text("\n".join(["time_ms,bw_kbps,delay_ms,loss", *lines]) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
