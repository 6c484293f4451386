"""A dataset as one file for other programs: a flat table (Parquet, CSV) or D4RL's arrays (HDF5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import creating
from netgym_cli.datasets import Dataset
from netgym_cli.datasets.paths import writing
from netgym_cli.datasets.tools.export_hdf5 import write_hdf5
from netgym_cli.datasets.tools.export_table import flat_columns

ROWS_AT_ONCE, BYTES_AT_ONCE = 65_536, 2**26


def export_dataset(dataset: Dataset, kind: str, path: Path | None) -> Path:
    """Writes a dataset to one file; returns the file.

    The file appears when it is complete. At most an episode and 64 MiB of rows are held in memory.

    Args:
        dataset: the dataset.
        kind: `parquet`, `csv` or `hdf5`.
        path: the file; None: in the working directory, named after the dataset.

    Raises:
        ConfigError: the file exists, its folder does not or may not be written to, or there is nothing to export.
        DatasetError: an episode cannot be read; no file is left.
        OSError: it could not be written; no file is left.
    """
    path = path or Path(f"{dataset.id.replace('/', '_')}.{kind}")
    taken = f"'{path}' exists already; choose another file with -o."
    with writing(f"the folder '{path.parent}'", "choose another file with -o"):
        if path.exists():
            raise ConfigError(taken)
        if not path.parent.is_dir():
            raise ConfigError(f"there is no folder '{path.parent}' to write to; make it, or choose another with -o.")
    if not dataset.total_episodes:
        raise ConfigError(f"dataset '{dataset.id}' holds no complete episode; there is nothing to export.")
    try:
        with creating(path) as draft:
            with writing(f"the folder '{path.parent}'", "choose another file with -o"):
                draft.touch()
            WRITERS[kind](dataset, draft)
    except FileExistsError as error:  # another process has made it meanwhile
        raise ConfigError(taken) from error
    return path


def _write_parquet(dataset: Dataset, path: Path) -> None:
    import pyarrow.parquet as pq

    tables = _tables(dataset)
    first = next(tables)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)


def _write_csv(dataset: Dataset, path: Path) -> None:
    from pyarrow import csv

    tables = _tables(dataset)
    first = next(tables)
    with csv.CSVWriter(path, first.schema) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)


WRITERS: dict[str, Callable[[Dataset, Path], None]] = {
    "parquet": _write_parquet,
    "csv": _write_csv,
    "hdf5": write_hdf5,
}


def _tables(dataset: Dataset) -> Iterator[Any]:
    """The rows of all episodes, in tables of many rows; columns are those of the first episode, empty where missing."""
    import pyarrow as pa

    schema, held = None, []
    for number, episode in enumerate(dataset.episodes()):
        columns = flat_columns(dataset, number, episode)
        schema = schema or pa.table(columns).schema
        if extra := columns.keys() - set(schema.names):
            raise ConfigError(
                f"episode {number} of dataset '{dataset.id}' holds {', '.join(sorted(extra))}, which the first one "
                "does not; export the datasets that it was merged from one by one."
            )
        arrays = [
            pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(len(episode), field.type)
            for field in schema
        ]
        held.append(pa.table(arrays, schema=schema))
        if sum(map(len, held)) >= ROWS_AT_ONCE or sum(table.nbytes for table in held) >= BYTES_AT_ONCE:
            yield pa.concat_tables(held).combine_chunks()
            held = []
    if held:
        yield pa.concat_tables(held).combine_chunks()
