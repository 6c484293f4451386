"""Statistics as a long table: one line per value, with its name, id and unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from netgym_cli.simulators.stats import Layout

MEASURED_COLUMNS = (  # of every table of measurements: when, and of what
    ("session", pa.int32()),
    ("env", pa.int32()),
    ("episode", pa.int32()),
    ("step", pa.int32()),
    ("ts_ms", pa.float64()),
    ("source", pa.string()),
    ("name", pa.string()),
    ("id", pa.int32()),
)
STATS_SCHEMA = pa.schema([*MEASURED_COLUMNS, ("value", pa.float64()), ("unit", pa.string())])


class SharedLayouts:
    """Of equal layouts the same object, by which rows of several simulators are encoded together."""

    def __init__(self) -> None:
        self._newest: dict[int, tuple[Layout, Layout]] = {}  # the simulator's own one, and the shared one, by env

    def of(self, own: Layout, env: int) -> Layout:
        """The one for a simulator's own layout."""
        known, shared = self._newest.get(env, (None, own))
        if known is not own:
            shared = next((other for _, other in self._newest.values() if other == own), own)
            self._newest[env] = own, shared
        return shared


def times(items: Sequence[tuple[Any, ...]], rows: int | Sequence[int]) -> Iterator[np.ndarray]:
    """The columns `session`, `env`, `episode`, `step` and `ts_ms`, with which items begin, of so many rows each."""
    for column, kind in enumerate((np.int32, np.int32, np.int32, np.int32, np.float64)):
        yield np.repeat(np.array([item[column] for item in items], kind), rows)


def encode_stats(items: list[tuple[int, int, int, int, float, Layout, np.ndarray]]) -> pa.Table:
    """The long table of `(session, env, episode, step, ts_ms, layout, values)` items: one line per value."""
    parts = [_encode_same_layout(list(run), layout) for layout, run in groupby(items, key=lambda item: item[5])]
    return pa.concat_tables(parts) if parts else pa.Table.from_pylist([], schema=STATS_SCHEMA)


def _encode_same_layout(items: list[tuple[Any, ...]], layout: Layout) -> pa.Table:
    sizes = [len(row.ids) for row in layout.rows]
    of_row = np.repeat(np.arange(len(layout.rows)), sizes)

    def tiled(texts: list[str]) -> pa.Array:
        return pa.array(texts, pa.string()).take(pa.array(np.tile(of_row, len(items))))

    ids = np.array([id for row in layout.rows for id in row.ids], np.int32)
    return pa.Table.from_arrays(
        [
            *times(items, layout.size),
            tiled([row.source for row in layout.rows]),
            tiled([row.name for row in layout.rows]),
            np.tile(ids, len(items)),
            np.concatenate([item[6] for item in items]),
            tiled([row.unit for row in layout.rows]),
        ],
        schema=STATS_SCHEMA,
    )
