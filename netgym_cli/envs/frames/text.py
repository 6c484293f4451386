"""The measurements of one moment as plain lines: a table for each kind of entity, and a small map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netgym_cli.envs.frames.shown import Position, bounds, by_kind, positions, title
from netgym_cli.simulators.stats import Row, Stats

MOST_ENTITIES = 20
MAP_WIDTH, MAP_HEIGHT = 48, 10


def lines_of(stats: Stats) -> list[str]:
    """All of it."""
    tables = [table for rows in by_kind(stats).values() for table in _tables(rows).items()]
    lines = [line for ids, rows in tables for line in _table(ids, rows, stats)]
    return [*lines, *map_lines(positions(stats))]


def map_lines(places: Sequence[Position]) -> list[str]:
    """The positions by their ids in a frame, with its size below; nothing without positions."""
    if not places:
        return []
    left, right, bottom, top = bounds(list(places))
    grid = [[" "] * MAP_WIDTH for _ in range(MAP_HEIGHT)]
    for place in places:
        mark = str(place.id)
        column = round((place.x_m - left) / (right - left) * (MAP_WIDTH - len(mark)))
        line = round((top - place.y_m) / (top - bottom) * (MAP_HEIGHT - 1))
        grid[line][column : column + len(mark)] = mark
    edge = f"+{'-' * MAP_WIDTH}+"
    below = f"x {left:.4g} to {right:.4g} m, y {bottom:.4g} to {top:.4g} m"
    return [edge, *(f"|{''.join(line)}|" for line in grid), edge, below]


def _tables(rows: Sequence[Row]) -> dict[tuple[int, ...], list[Row]]:
    """Ids to the measurements of just these entities."""
    found: dict[tuple[int, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(row.ids, []).append(row)
    return found


def _table(ids: tuple[int, ...], rows: Sequence[Row], stats: Stats) -> list[str]:
    heads = ["id", *(title(row) for row in rows)]
    numbers = np.stack([stats[row.key] for row in rows], axis=-1)[:MOST_ENTITIES].tolist()
    cells = [[str(id), *(f"{value:.4g}" for value in line)] for id, line in zip(ids, numbers, strict=False)]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in (heads, *cells)]
    return lines if len(ids) <= MOST_ENTITIES else [*lines, f"and {len(ids) - MOST_ENTITIES} more"]
