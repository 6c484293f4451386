"""What the simulators measured, in two tables that grow together: the statistics, and how long packets took."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netgym_cli.runs.delays_table import encode_delays
from netgym_cli.runs.folder import DELAYS, STATS
from netgym_cli.runs.stats_table import SharedLayouts, encode_stats
from netgym_cli.runs.tables import ParquetTable
from netgym_cli.simulators.stats import Stats

Place = tuple[int, int, int, int]  # session, env, episode, step
MOST_ROWS = 200_000  # of statistics kept in memory; encoding takes some 100 bytes each


class MeasuredTables:
    """`stats.parquet` and, where the delay of every packet is known, `delays.parquet`.

    Args:
        folder: where they lie.
        continued: whether tables that are there are continued.
    """

    def __init__(self, folder: Path, continued: bool) -> None:
        self._stats = ParquetTable(folder / STATS, encode_stats, flush_items=500, continued=continued)
        self._delays = ParquetTable(folder / DELAYS, encode_delays, continued=continued)
        self._layouts = SharedLayouts()
        self._rows = 0  # of statistics that are kept

    @property
    def held(self) -> dict[str, int]:
        """Name of each table to the number of its rows."""
        return {STATS: self._stats.rows, DELAYS: self._delays.rows}

    @property
    def due(self) -> bool:
        """Whether it is time to flush."""
        return self._stats.due or self._rows >= MOST_ROWS

    def keep(self, place: Place, stats: Stats, values: np.ndarray) -> None:
        """Keeps a measurement of one network in memory; `values` are those of `stats`, or a copy of them."""
        self._stats.keep((*place, stats.ts_ms, self._layouts.of(stats.layout, place[1]), values))
        self._rows += values.size
        if stats.delays is not None and not stats.delays.empty:
            self._delays.keep((*place, stats.ts_ms, stats.delays))

    def flush(self) -> None:
        """Writes what is kept."""
        self._stats.flush()
        self._delays.flush()
        self._rows = 0

    def close(self, drop: bool) -> None:
        """Completes the tables; with `drop` without what is kept. There is none of delays where nothing was known."""
        if drop:
            self._stats.drop()
            self._delays.drop()
        self._stats.close()
        self._delays.flush()
        if self._delays.rows:
            self._delays.close()
