"""Whether two tables say the same, whatever the clock on the wall said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

WALL = ("wall_ms", "wall_s")  # columns that no two runs have in common


def equal_but_times(one: Path, other: Path) -> bool:
    """Whether two Parquet or CSV tables have the same rows, to the bit, apart from wall times; False if one cannot be
    read."""
    try:
        if one.suffix != ".parquet":
            tables = [pd.read_csv(path) for path in (one, other)]
            first, second = (table.drop(columns=[name for name in WALL if name in table]) for table in tables)
            return bool(first.equals(second))
        if len({pq.read_metadata(path).num_rows for path in (one, other)}) > 1:
            return False
        names = [name for name in pq.read_schema(one).names if name not in WALL]
        if names != [name for name in pq.read_schema(other).names if name not in WALL]:
            return False
        return all(_column(one, name).equals(_column(other, name)) for name in names)
    except (OSError, ValueError, pa.ArrowInvalid):
        return False


def _column(path: Path, name: str) -> pa.ChunkedArray:
    """One column, its floats as the bits that they are, so that NaN equals NaN."""
    column = pq.read_table(path, columns=[name]).column(0).combine_chunks()
    return column.view(pa.int64()) if pa.types.is_float64(column.type) else column
