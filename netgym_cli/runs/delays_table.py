"""How long packets took, as a table: a line per flow and interval in which it delivered any, its histogram as lists."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from netgym_cli.runs.stats_table import MEASURED_COLUMNS, times
from netgym_cli.simulators.delays import BINS_PER_DECADE, EDGES_MS, PERCENTS, Delays

DELAYS_SCHEMA = pa.schema(
    [
        *MEASURED_COLUMNS,
        ("packets", pa.int32()),
        *((f"p{percent}_ms", pa.float64()) for percent in PERCENTS),
        ("bins", pa.list_(pa.int16())),
        ("counts", pa.list_(pa.int32())),
    ],
    metadata={
        "edges_ms": json.dumps(EDGES_MS),
        "bins": f"bin k holds delays from edge k - 1 up to edge k, edges counted from 0; {BINS_PER_DECADE} per decade",
    },
)
DelaysItem = tuple[int, int, int, int, float, Delays]


def encode_delays(items: list[DelaysItem]) -> pa.Table:
    """The table of `(session, env, episode, step, ts_ms, delays)` items: one line per flow that delivered packets."""
    flows = [len(item[5].flows) for item in items]
    if not sum(flows):
        return DELAYS_SCHEMA.empty_table()
    filled = np.concatenate([item[5].filled for item in items])
    ends = np.concatenate([[0], np.cumsum(filled)]).astype(np.int32)
    counts = np.concatenate([item[5].packets for item in items])
    percentiles = np.concatenate([item[5].percentiles_ms for item in items])

    def lists(values: np.ndarray) -> pa.ListArray:
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(values))

    return pa.Table.from_arrays(
        [
            *times(items, flows),
            *_names(items),
            np.add.reduceat(counts, ends[:-1]).astype(np.int32),
            *(np.ascontiguousarray(column) for column in percentiles.T),
            lists(np.concatenate([item[5].bins for item in items])),
            lists(counts),
        ],
        schema=DELAYS_SCHEMA,
    )


def _names(items: list[DelaysItem]) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Source, name and id of the flows."""
    starts: dict[int, int] = {}  # where the flows of each layout begin among all of them
    every: list[tuple[str, str, int]] = []
    for item in items:
        layout = item[5].layout
        if id(layout) not in starts:
            starts[id(layout)] = len(every)
            every += layout.flows
    places = pa.array(np.concatenate([item[5].flows + starts[id(item[5].layout)] for item in items]))
    sources, names, ids = zip(*every, strict=True)
    columns = pa.array(sources, pa.string()), pa.array(names, pa.string()), pa.array(ids, pa.int32())
    return tuple(column.take(places) for column in columns)  # type: ignore[return-value]
