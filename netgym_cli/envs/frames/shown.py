"""Which measurements are shown of a network, whatever it is: rates, delays, queues, losses, and where its users are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from netgym_cli.simulators.stats import Row, Stats

MOST_OF_A_KIND = 4
MOST_UNKNOWN = 8
KINDS: dict[str, Callable[[Row, str], bool]] = {
    "rate": lambda row, word: row.unit.endswith("bit/s") and word in ("rate", "tx_rate", "rrate", "srate"),
    "delay": lambda row, word: row.unit == "ms" and word in ("owd", "qdel", "delay"),
    "queue": lambda row, word: "queue" in word or "backlog" in word,
    "loss": lambda row, word: word in ("loss", "plr"),
}
X, Y = "x_loc", "y_loc"


class Position(NamedTuple):
    """Where something is, m."""

    id: int
    x_m: float
    y_m: float


def by_kind(stats: Stats) -> dict[str, list[Row]]:
    """Kind, such as `rate`, to the few measurements of it that are shown: those with the shortest names.

    Where none is of a known kind, the first ones of all are there, under an empty name.
    """
    found = {}
    for kind, belongs in KINDS.items():
        rows = [row for row in stats.layout.rows if row.ids and belongs(row, row.name.rpartition("::")[2])]
        if rows:
            found[kind] = sorted(rows, key=lambda row: row.name.count("::"))[:MOST_OF_A_KIND]
    return found or ({"": [*stats.layout.rows[:MOST_UNKNOWN]]} if stats.layout.rows else {})


def title(row: Row) -> str:
    """A measurement's name with its unit."""
    name = row.key.replace("::", " ")
    return f"{name}, {row.unit}" if row.unit else name


def positions(stats: Stats) -> list[Position]:
    """Where all that tell their place are; empty if nothing does."""
    found = []
    for row in stats.layout.rows:
        if row.name.rpartition("::")[2] != X:
            continue
        other = row.key[: -len(X)] + Y
        if other in stats.layout.places:
            found += [
                Position(*each) for each in zip(row.ids, stats[row.key].tolist(), stats[other].tolist(), strict=True)
            ]
    return found


def bounds(places: list[Position]) -> tuple[float, float, float, float]:
    """Least and greatest x and y, m, apart by 1 m or more."""
    x, y = np.array([place.x_m for place in places]), np.array([place.y_m for place in places])
    return x.min(), max(x.max(), x.min() + 1), y.min(), max(y.max(), y.min() + 1)
