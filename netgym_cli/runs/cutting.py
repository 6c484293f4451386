"""Tables of a run that ended early, cut to what they held at a checkpoint, so that they can be continued there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from netgym_cli.common.errors import RunFailed
from netgym_cli.common.files import replacing
from netgym_cli.runs.folder import DELAYS, EPISODES, RECORDED, SESSIONS, STATS, STEPS, RunFolder
from netgym_cli.runs.tables import ROWS_PER_GROUP, exchange, parts_of

LISTED = (STEPS, STATS, DELAYS, RECORDED)


def cut_tables(folder: RunFolder, held: Mapping[str, int]) -> None:
    """Leaves the first rows, of CSV files the first bytes, of every table of a run.

    Cutting is repeated harmlessly, as after a kill in the middle of it; what was cut off is lost.

    Args:
        folder: the run's.
        held: name of each table to the number of rows or bytes that are to stay; tables that it does not name go.

    Raises:
        RunFailed: a table holds less than that; nothing was changed.
    """
    metrics = folder.metrics
    _require_held(metrics, held)
    for name in LISTED:
        _cut_rows(metrics / name, held.get(name, 0))
    for path in (metrics / EPISODES, folder.evaluations_path):
        if size := held.get(path.name, 0):
            os.truncate(path, size)
        else:
            path.unlink(missing_ok=True)
    (metrics / SESSIONS).unlink(missing_ok=True)  # it is written whole


def _require_held(metrics: Path, held: Mapping[str, int]) -> None:
    for name, expected in held.items():
        path = metrics / name
        if name in LISTED:
            files = parts_of(path) if path.is_dir() else [path] if path.is_file() else []
            there = sum(pq.read_metadata(file).num_rows for file in files)
        else:
            there = path.stat().st_size if path.is_file() else 0
        if there < expected:
            what = "rows" if name in LISTED else "bytes"
            raise RunFailed(
                f"'{path}' has {there} {what}, and had {expected} at the checkpoint, so the run cannot be continued. "
                "Was it changed or removed? Run it anew."
            )


def _cut_rows(path: Path, rows: int) -> None:
    """Leaves a directory of parts with the first `rows`; nothing for none."""
    for draft in path.parent.glob(f".{path.name}.*"):  # of a process that was killed while it wrote
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
    if not rows:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        return
    if path.is_file():
        draft = path.with_name(f".{path.name}.cut")
        draft.mkdir()
        _copy_rows(path, draft / "part-00000000.parquet", rows)
        exchange(path, draft)
        draft.unlink()
        return
    for part in parts_of(path):
        there = pq.read_metadata(part).num_rows
        if rows <= 0:
            part.unlink()
        elif there > rows:
            with replacing(part) as hidden:
                _copy_rows(part, hidden, rows)
        rows -= there


def _copy_rows(source: Path, target: Path, rows: int) -> None:
    with pq.ParquetFile(source) as file, pq.ParquetWriter(target, file.schema_arrow) as writer:
        for batch in file.iter_batches(ROWS_PER_GROUP):
            if rows <= 0:
                break
            writer.write_table(pa.Table.from_batches([batch]).slice(0, rows))
            rows -= len(batch)
