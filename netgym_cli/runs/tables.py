"""Two kinds of table that survive a kill: Parquet for many rows, CSV for few."""

from __future__ import annotations

import csv
import ctypes
import errno
import io
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from netgym_cli.common.files import replacing

Item = TypeVar("Item")
ROWS_PER_GROUP = 100_000


class RowsLost(OSError):
    """A table does not hold any more what was written to it: somebody else has removed or changed its files."""

    def __init__(self, path: Path, how: str) -> None:
        super().__init__(
            f"'{path}' {how}; keep other programs, such as cleaners of temporary files, away from the run folder."
        )


class ParquetTable(Generic[Item]):
    """Grows as a directory of small Parquet files and becomes one file of the same name when closed.

    Every part is written under a hidden name and renamed, so `pandas.read_parquet(path)` opens whatever was flushed at
    any moment after the first item; a kill loses at most the rows since the last flush. Nothing is synchronised to the
    disk: the promise is against the death of the process, not of the machine.

    Args:
        path: the table, ending in `.parquet`; its folder must exist.
        encode: makes one Arrow table of the items since the last flush; always the same schema.
        flush_items: number of items after which a part is written.
        flush_s: seconds after which a part is written, looked at when an item arrives.
        continued: a table that is there is continued; it is a directory of parts, as `cutting.cut_rows` leaves it.
    """

    def __init__(
        self,
        path: Path,
        encode: Callable[[list[Item]], pa.Table],
        flush_items: int = 5000,
        flush_s: float = 2.0,
        continued: bool = False,
    ) -> None:
        if path.exists() and not continued:
            raise FileExistsError(errno.EEXIST, "there is a table already", str(path))
        self.path, self._encode = path, encode
        self._flush_items, self._flush_s = flush_items, flush_s
        self._items: list[Item] = []
        parts = parts_of(path)
        self._parts = 1 + max((int(part.stem.removeprefix("part-")) for part in parts), default=-1)
        self._rows: int = sum(pq.read_metadata(part).num_rows for part in parts)
        self._flushed_at = -float("inf")  # the first item is flushed at once: from then on the table can be read
        self._closed = False

    @property
    def rows(self) -> int:
        """Number of rows that were written."""
        return self._rows

    @property
    def due(self) -> bool:
        """Whether enough items are kept, or for long enough, that it is time to flush."""
        return len(self._items) >= self._flush_items or time.monotonic() - self._flushed_at >= self._flush_s

    @property
    def kept(self) -> list[Item]:
        """The items that are in no part yet."""
        return self._items

    def keep(self, item: Item) -> None:
        """Keeps `item` in memory; for callers that flush several tables together."""
        self._items.append(item)

    def add(self, item: Item) -> None:
        """Keeps `item` and writes a part when one is due. Raises `OSError` when the disk refuses it."""
        self.keep(item)
        if self.due:
            self.flush()

    def flush(self) -> None:
        """Writes the kept items as one part."""
        if not self._items:
            return
        # The directory appears together with its first part, for an empty one has no columns.
        begun = self.path.exists()
        folder = self.path if begun else self._hidden("new")
        folder.mkdir(exist_ok=True)
        rows = self._encode(self._items)
        _write_atomically(rows, folder / f"part-{self._parts:08d}.parquet")
        if not begun:
            folder.rename(self.path)
        self._rows += len(rows)
        self._items = []
        self._parts += 1
        self._flushed_at = time.monotonic()

    def drop(self) -> None:
        """Forgets the kept items."""
        self._items = []

    def close(self) -> None:
        """Flushes and merges the parts into one file; harmless when called twice.

        Raises:
            OSError: the disk refuses it; the parts remain.
            RowsLost: parts have vanished or changed; those that are left remain.
        """
        if self._closed:
            return
        self._closed = True
        self.flush()
        merged = self._hidden("merged")
        try:
            if (held := self._merge(merged)) != self._rows:
                raise RowsLost(self.path, f"has lost rows: it holds {held} of {self._rows} that were written")
        except BaseException:
            merged.unlink(missing_ok=True)
            raise
        if self._parts:
            exchange(merged, self.path)
            shutil.rmtree(merged, ignore_errors=True)
        else:
            merged.rename(self.path)

    def _merge(self, target: Path) -> int:
        """Writes what the parts hold to one file; returns the number of its rows."""
        names = parts_of(self.path) if self._parts else []
        empty, rows = self._encode([]) if not names else pq.read_table(names[0]).slice(0, 0), 0
        with pq.ParquetWriter(target, empty.schema) as writer:
            group: list[pa.Table] = []
            for name in names:
                group.append(pq.read_table(name))
                rows += len(group[-1])
                if sum(len(part) for part in group) >= ROWS_PER_GROUP:
                    writer.write_table(pa.concat_tables(group))
                    group = []
            writer.write_table(pa.concat_tables([empty, *group]))
        return rows

    def _hidden(self, what: str) -> Path:
        return self.path.with_name(f".{self.path.name}.{what}")


def parts_of(path: Path) -> list[Path]:
    """The parts of a table that grows, in their order; none of one that is not there, or is complete."""
    return sorted(path.glob("part-*.parquet"))


def _write_atomically(table: pa.Table, path: Path) -> None:
    with replacing(path) as hidden:
        pq.write_table(table, hidden)


def exchange(file: Path, folder: Path) -> None:
    """Swaps a file with a directory, atomically where the system can, so that neither name is ever missing."""
    at_cwd, exchange = -100, 2
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 and renameat2(at_cwd, os.fsencode(file), at_cwd, os.fsencode(folder), exchange) == 0:
        return
    aside = folder.with_name(f"{file.name}.aside")
    folder.rename(aside)
    file.rename(folder)
    aside.rename(file)


class CsvTable:
    """A CSV file whose rows are on their way to the disk as soon as they are written, each by one system call.

    The columns are those that `begin` names, or the keys of the first row. A row that the disk refuses is taken back,
    so no line is ever half there.

    Args:
        path: the file, which is created with its header.
        continued: a file that is there is continued.
    """

    def __init__(self, path: Path, continued: bool = False) -> None:
        self.path = path
        self._columns: list[str] = []
        self._file: io.FileIO | None = None
        if continued and path.exists():
            with path.open(newline="") as file:
                self._columns = next(csv.reader(file))
            self._file = path.open("r+b", buffering=0)  # type: ignore[assignment]
            self._file.seek(0, os.SEEK_END)

    @property
    def size(self) -> int:
        """Bytes that were written; 0 before it was begun."""
        return 0 if self._file is None else self._file.tell()

    def begin(self, columns: Iterable[str]) -> None:
        """Writes the header, so that the table can be opened before its first row; once begun it does nothing."""
        if self._file is not None:
            return
        self._columns = list(columns)
        try:
            self._file = self.path.open("xb", buffering=0)  # type: ignore[assignment]
            self._put(self._columns)
        except FileExistsError:
            raise
        except BaseException:  # also a Ctrl-C between the two, which would leave a file without columns
            if self._file is not None:
                self._file.close()
            self._file = None
            self.path.unlink(missing_ok=True)
            raise

    def write(self, row: Mapping[str, Any]) -> None:
        """Appends `row`; None becomes an empty cell.

        Raises:
            OSError: the disk refused the row; the file ends with the row before.
            ValueError: other keys than the columns.
        """
        self.begin(row)
        if row.keys() != set(self._columns):
            raise ValueError(f"{self.path.name} has the columns {self._columns}, the row has {list(row)}")
        self._put([row[column] for column in self._columns])

    def close(self) -> None:
        """Closes the file; harmless when called twice. Raises `RowsLost` if it is not the written one any more."""
        if self._file is None or self._file.closed:
            return
        size = self._file.tell()
        with self._file as file:
            mine = os.fstat(file.fileno())
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            raise RowsLost(self.path, "was removed") from None
        if (there.st_dev, there.st_ino, there.st_size) != (mine.st_dev, mine.st_ino, size):
            raise RowsLost(self.path, "was replaced or changed")

    def _put(self, cells: list[Any]) -> None:
        assert self._file is not None
        line = _csv_text([cells]).encode()
        before = self._file.tell()
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        except OSError:
            self._file.truncate(before)
            self._file.seek(before)
            raise


def replace_csv(path: Path, text: str) -> None:
    """Writes a small table whole and atomically, for rows that still change. On `OSError` the old one remains."""
    with replacing(path) as hidden:
        hidden.write_text(text)


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A small table as text, with its header."""
    return _csv_text([columns, *([row[column] for column in columns] for row in rows)])


def csv_line(cells: Iterable[Any]) -> str:
    """One row as text."""
    return _csv_text([cells])


def _csv_text(lines: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
