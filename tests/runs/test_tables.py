import os
import random
import signal
import subprocess
import sys
import time

import pandas as pd
import pyarrow as pa
import pytest

from netgym_cli.runs.tables import CsvTable, ParquetTable

WRITER = """
import itertools, sys
from pathlib import Path
import pyarrow as pa
from netgym_cli.runs.tables import CsvTable, ParquetTable
folder = Path(sys.argv[1])
for round in itertools.count():
    table = ParquetTable(folder / f"{round}.parquet", lambda rows: pa.table({"n": pa.array(rows, pa.int64())}), 7)
    lines = CsvTable(folder / f"{round}.csv")
    for n in range(200):
        table.add(n)
        lines.write({"n": n, "text": f"line {n}"})
    table.close()
"""
LIMITED = """
import resource, sys
from pathlib import Path
import pyarrow as pa
from netgym_cli.runs.tables import CsvTable, ParquetTable
folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
table = ParquetTable(folder / "t.parquet", lambda rows: pa.table({"n": pa.array(rows, pa.int64())}), 10**9, 10**9)
table.add(0)
for n in range(1, 50000):
    table.add(n)
lines = CsvTable(folder / "t.csv")
refused = 0
for finish in (table.flush, table.close, lambda: [lines.write({"n": n}) for n in range(50000)]):
    try:
        finish()
    except OSError:
        refused += 1
sys.exit(refused)
"""


def numbers(path, flush_items=3):
    return ParquetTable(path, lambda rows: pa.table({"n": pa.array(rows, pa.int64())}), flush_items, flush_s=1e9)


def test_a_living_table_can_be_read_and_a_closed_one_is_one_file(tmp_path):
    path = tmp_path / "t.parquet"
    table = numbers(path)
    for n in range(8):
        table.add(n)
        assert path.is_dir()
        seen = pd.read_parquet(path)["n"].tolist()
        assert seen == list(range(len(seen))) and len(seen) >= n - 2
    table.close()
    table.close()
    assert path.is_file() and pd.read_parquet(path)["n"].tolist() == list(range(8))
    assert os.listdir(tmp_path) == ["t.parquet"]


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    numbers(tmp_path / "t.parquet").close()
    assert list(pd.read_parquet(tmp_path / "t.parquet").columns) == ["n"]


def test_a_table_is_never_written_over(tmp_path):
    numbers(tmp_path / "t.parquet").close()
    with pytest.raises(FileExistsError):
        numbers(tmp_path / "t.parquet")


def test_large_tables_are_merged_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("netgym_cli.runs.tables.ROWS_PER_GROUP", 10)
    table = numbers(tmp_path / "t.parquet")
    for n in range(50):
        table.add(n)
    table.close()
    assert pd.read_parquet(tmp_path / "t.parquet")["n"].tolist() == list(range(50))


def test_swapping_works_without_the_system_call(tmp_path, monkeypatch):
    monkeypatch.setattr("netgym_cli.runs.tables.ctypes.CDLL", lambda *_, **__: object())
    table = numbers(tmp_path / "t.parquet")
    table.add(1)
    table.close()
    assert os.listdir(tmp_path) == ["t.parquet"] and pd.read_parquet(tmp_path / "t.parquet")["n"].tolist() == [1]


def test_csv_rows_are_there_at_once(tmp_path):
    table = CsvTable(tmp_path / "t.csv")
    table.write({"a": 1, "text": 'a "quoted", text\nof two lines', "none": None})
    frame = pd.read_csv(tmp_path / "t.csv")
    assert frame["text"][0] == 'a "quoted", text\nof two lines' and frame["none"].isna().all()
    with pytest.raises(ValueError, match="columns"):
        table.write({"a": 1})
    table.close()


@pytest.mark.parametrize("kills", [4, pytest.param(12, marks=pytest.mark.long)])
def test_a_kill_at_any_moment_leaves_readable_prefixes(tmp_path, kills):
    chance = random.Random(4)
    for attempt in range(kills):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)])
        while not list(folder.glob("*.csv")):
            time.sleep(0.005)
        time.sleep(chance.random() * 0.6)
        child.send_signal(signal.SIGKILL)
        child.wait()
        tables = sorted(folder.glob("*.parquet"), key=lambda path: int(path.stem))
        assert tables
        for path in tables:
            seen = pd.read_parquet(path)["n"].tolist()
            assert seen == list(range(len(seen)))
            assert seen and (path == tables[-1] or len(seen) == 200)
        for path in folder.glob("*.csv"):
            lines = path.read_text()
            assert lines.endswith("\n") or not lines
            assert lines == "" or pd.read_csv(path)["n"].tolist() == list(range(lines.count("\n") - 1))


def test_a_full_disk_leaves_what_fitted(tmp_path):
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)])
    assert done.returncode == 3
    assert pd.read_parquet(tmp_path / "t.parquet")["n"].tolist() == [0]
    text = (tmp_path / "t.csv").read_text()
    assert text.endswith("\n") and len(text) <= 6000
    seen = pd.read_csv(tmp_path / "t.csv")["n"].tolist()
    assert seen == list(range(len(seen))) and len(seen) > 1000


def test_an_interrupted_header_leaves_no_file_and_can_be_written_again(tmp_path, monkeypatch):
    def interrupted(cells):
        raise KeyboardInterrupt

    table = CsvTable(tmp_path / "t.csv")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(table, "_put", interrupted)
        table.begin(["a", "b"])
    assert not table.path.exists()
    table.write({"a": 1, "b": 2})
    assert table.path.read_text() == "a,b\n1,2\n"
