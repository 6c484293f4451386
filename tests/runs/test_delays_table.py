"""The table of delays: rows, what is in its file, and that it comes and goes with the other tables."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from netgym_cli.runs.cutting import cut_tables
from netgym_cli.runs.delays_table import DELAYS_SCHEMA, encode_delays
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.measured_tables import MeasuredTables
from netgym_cli.simulators.delays import EDGES_MS, Delays
from netgym_cli.simulators.stats import Layout, Row, Stats

LAYOUT = Layout((Row("custom", "rate", "Mbit/s", (1,)),), (Row("custom", "owd", "ms", (1, 2)),))
ONE = Delays(LAYOUT, np.array([1, 2, 1, 3.0, 4.0, 5.0, 2, 60, 61, 10, 1], float))
BOTH = Delays(LAYOUT, np.array([2, 2, 0, 1.0, 1.0, 1.0, 1, 1, 2.0, 2.0, 2.0, 1, 41, 53, 7, 8], float))
NONE = Delays(LAYOUT, np.zeros(2))


def measured(delays):
    return Stats(LAYOUT, 100.0, np.ones(1), delays=delays)


def test_a_row_is_a_flow_that_delivered_packets():
    table = encode_delays([(0, 0, 0, 0, 100.0, ONE), (0, 0, 0, 1, 200.0, NONE), (0, 0, 0, 2, 300.0, BOTH)]).to_pandas()
    assert table["step"].tolist() == [0, 2, 2]
    assert table["id"].tolist() == [2, 1, 2]
    assert table["packets"].tolist() == [11, 7, 8]
    assert [row.tolist() for row in table["bins"]] == [[60, 61], [41], [53]]
    assert [row.tolist() for row in table["counts"]] == [[10, 1], [7], [8]]
    assert table[["p50_ms", "p95_ms", "p99_ms"]].to_numpy().tolist() == [[3, 4, 5], [1, 1, 1], [2, 2, 2]]
    assert set(table["source"] + "::" + table["name"]) == {"custom::owd"}


def test_no_rows_have_the_same_columns():
    assert encode_delays([]).schema == DELAYS_SCHEMA
    assert encode_delays([(0, 0, 0, 0, 100.0, NONE)]).schema == DELAYS_SCHEMA


def test_the_file_tells_its_bins(tmp_path):
    tables = MeasuredTables(tmp_path, continued=False)
    tables.keep((0, 0, 0, 0), measured(ONE), np.ones(1))
    tables.close(drop=False)
    metadata = pq.read_schema(tmp_path / "delays.parquet").metadata
    assert json.loads(metadata[b"edges_ms"]) == list(EDGES_MS)


def test_what_has_no_packets_has_no_table(tmp_path):
    tables = MeasuredTables(tmp_path, continued=False)
    for delays in (None, NONE):
        tables.keep((0, 0, 0, 0), measured(delays), np.ones(1))
    tables.close(drop=False)
    assert [path.name for path in tmp_path.iterdir()] == ["stats.parquet"]


def test_a_table_is_cut_and_continued(tmp_path):
    folder = RunFolder(tmp_path)
    folder.metrics.mkdir()
    tables = MeasuredTables(folder.metrics, continued=False)
    tables.keep((0, 0, 0, 0), measured(ONE), np.ones(1))
    tables.flush()
    held = tables.held
    tables.keep((0, 0, 0, 1), measured(BOTH), np.ones(1))
    tables.flush()
    cut_tables(folder, held)
    again = MeasuredTables(folder.metrics, continued=True)
    again.keep((0, 0, 0, 1), measured(ONE), np.ones(1))
    again.close(drop=False)
    assert pd.read_parquet(folder.metrics / "delays.parquet")["step"].tolist() == [0, 1]
