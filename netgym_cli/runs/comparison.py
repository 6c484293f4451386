"""Two runs of one config, compared to the bit: every table but for times on the clock, and every model."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from netgym_cli.runs.folder import CHECKPOINTS, MODELS, RunFolder
from netgym_cli.runs.tables import ROWS_PER_GROUP

ON_THE_CLOCK = frozenset(("wall_ms", "wall_s"))
ACCIDENTS = frozenset(("recoveries",))  # processes that died and were replaced, without effect on anything
PLACE = ("session", "env", "episode", "step")
TABLES, MODEL_FILES = (".parquet", ".csv"), (".zip", ".npz")
NO_WEIGHTS = ("data", "_stable_baselines3_version", "system_info.txt")  # in a model; they hold times and versions


class Difference(NamedTuple):
    """Where two runs first differ in a file.

    Attributes:
        file: its path in the folder.
        where: the place in it, such as `session 0, env 0, episode 1, step 3`; empty for the whole file.
        how: what is there, such as `reward was 0.5, is 0.6`.
    """

    file: str
    where: str
    how: str

    def told(self) -> str:
        """One line."""
        return f"{self.file}: {self.where + ': ' if self.where else ''}{self.how}"


class Comparison(NamedTuple):
    """What two runs have in common.

    Attributes:
        rows: name of each table to the rows that were compared.
        models: number of models that were compared.
        differences: the first one in each file, tables of steps first.
    """

    rows: dict[str, int]
    models: int
    differences: tuple[Difference, ...]


def compare(before: RunFolder, now: RunFolder, models: bool = True) -> Comparison:
    """Compares all tables and models of `before`, a complete run, with those of `now`.

    Args:
        before: the run.
        now: what was done of it once more.
        models: compare models, and evaluations of them; or else only the tables of sessions.
    """
    tables = sorted(_named(before.metrics, now.metrics, TABLES), key=lambda name: (name.endswith(".csv"), name))
    tables.sort(key=lambda name: "step" not in name)  # the step that differs is what one asks for first
    if not models:
        tables = [name for name in tables if name != before.evaluations_path.name]
    rows, found = {}, []
    for name in tables:
        old, new = before.metrics / name, now.metrics / name
        both = old.exists() and new.exists()
        rows[name], difference = first_difference(old, new) if both else (0, _only_one(old))
        if difference is not None:
            found.append(Difference(f"{before.metrics.name}/{name}", *difference))
    saved = _models(before, now) if models else []
    for name in saved:
        old, new = before.path / name, now.path / name
        how = _only_one(old)[1] if not (old.is_file() and new.is_file()) else _weights_differ(old, new)
        if how is not None:
            found.append(Difference(name, "", how))
    return Comparison(rows, len(saved), tuple(found))


Found = tuple[str, str]  # where and how


def first_difference(old: Path, new: Path) -> tuple[int, Found | None]:
    """The rows that were compared of two tables, to the bit but for times on the clock, and where they first differ."""
    return _differ_in_rows(old, new) if old.suffix == ".parquet" else _differ_in_lines(old, new)


def _named(old: Path, new: Path, suffixes: tuple[str, ...]) -> set[str]:
    """Names of the files in either folder that end so."""
    folders = (folder for folder in (old, new) if folder.is_dir())
    return {path.name for folder in folders for path in folder.iterdir() if path.suffix in suffixes}


def _models(before: RunFolder, now: RunFolder) -> list[str]:
    """Paths, in the folder, of all models that one of the two has saved."""
    names = _named(before.path, now.path, MODEL_FILES)
    for folder in (CHECKPOINTS, MODELS):
        names |= {f"{folder}/{name}" for name in _named(before.path / folder, now.path / folder, MODEL_FILES)}
    for run in (before, now):
        own = (path for path in run.agent_files.rglob("*") if path.is_file())
        names |= {path.relative_to(run.path).as_posix() for path in own}
    return sorted(names)


def _only_one(old: Path) -> Found:
    return "", "is missing now" if old.exists() else "is new"


def _differ_in_rows(old: Path, new: Path) -> tuple[int, Found | None]:
    """The rows compared of two Parquet tables, and the first difference."""
    before, now = pq.ParquetFile(old), pq.ParquetFile(new)
    names, others = before.schema_arrow.names, now.schema_arrow.names
    if names != others:
        return 0, ("", f"its columns were {', '.join(names)}, and are {', '.join(others)}")
    columns = [name for name in names if name not in ON_THE_CLOCK]
    done = 0
    for one, other in zip_longest(_pieces(before, columns), _pieces(now, columns)):
        length = min(0 if one is None else len(one), 0 if other is None else len(other))
        if length and (found := _first_row(one.slice(0, length), other.slice(0, length), done)) is not None:
            return done, found
        done += length
        if one is None or other is None or len(one) != len(other):
            break
    lengths = before.metadata.num_rows, now.metadata.num_rows
    return done, None if lengths[0] == lengths[1] else ("", f"had {lengths[0]} rows, and has {lengths[1]}")


def _pieces(file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.Table]:
    """The rows in pieces of one length, but for the last, however the file is divided."""
    kept = file.schema_arrow.empty_table().select(columns)
    for batch in file.iter_batches(ROWS_PER_GROUP, columns=columns):
        kept = pa.concat_tables([kept, pa.Table.from_batches([batch])])
        while len(kept) >= ROWS_PER_GROUP:
            yield kept.slice(0, ROWS_PER_GROUP)
            kept = kept.slice(ROWS_PER_GROUP)
    if len(kept):
        yield kept


def _first_row(one: pa.Table, other: pa.Table, done: int) -> Found | None:
    """The first of the rows, behind `done` others, in which two tables of one length differ."""
    firsts = {}
    for name in one.column_names:
        if (row := _first_unequal(one[name].combine_chunks(), other[name].combine_chunks())) is not None:
            firsts[name] = row
    if not firsts:
        return None
    row = min(firsts.values())
    place = [f"{name} {one[name][row].as_py()}" for name in PLACE if name in one.column_names]
    hows = [
        f"{name} was {_said(one[name][row])}, is {_said(other[name][row])}" for name in firsts if firsts[name] == row
    ]
    return ", ".join(place) or f"row {done + row}", "; ".join(hows)


def _first_unequal(one: pa.Array, other: pa.Array) -> int | None:
    """The first place at which two columns differ in a bit."""
    if one.type != other.type:
        return 0
    if pa.types.is_floating(one.type) and not one.null_count and not other.null_count:
        bits = f"u{one.type.bit_width // 8}"
        unequal = np.asarray(one).view(bits) != np.asarray(other).view(bits)
        return int(unequal.argmax()) if unequal.any() else None
    if one.equals(other):
        return None
    pairs = enumerate(zip(one, other, strict=True))
    return next((row for row, (left, right) in pairs if not _same(left, right)), None)


def _same(one: pa.Scalar, other: pa.Scalar) -> bool:
    """Whether two cells are the same, where a number that is none equals itself."""
    return bool(one.equals(other)) or repr(one.as_py()) == repr(other.as_py())


def _said(cell: pa.Scalar) -> str:
    value = cell.as_py()
    text = repr(value) if isinstance(value, float) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _differ_in_lines(old: Path, new: Path) -> tuple[int, Found | None]:
    """The same of two CSV files."""
    with old.open(newline="") as one, new.open(newline="") as other:
        before, now = list(csv.DictReader(one)), list(csv.DictReader(other))
    number = 0
    for number, (left, right) in enumerate(zip(before, now, strict=False), 1):
        names = [name for name in {**left, **right} if name not in ON_THE_CLOCK | ACCIDENTS]
        hows = [
            f"{name} was {left.get(name)}, is {right.get(name)}" for name in names if left.get(name) != right.get(name)
        ]
        if hows:
            place = [f"{name} {left[name]}" for name in PLACE if left.get(name)]
            return number - 1, (", ".join(place) or f"row {number - 1}", "; ".join(hows))
    return number, None if len(before) == len(now) else ("", f"had {len(before)} rows, and has {len(now)}")


def _weights_differ(old: Path, new: Path) -> str | None:
    """How two models differ; of archives only what they hold counts, but for times and versions in it."""
    if not (zipfile.is_zipfile(old) and zipfile.is_zipfile(new)):
        return None if _sum(old) == _sum(new) else "its content is another"
    with zipfile.ZipFile(old) as before, zipfile.ZipFile(new) as now:
        names = sorted({*before.namelist(), *now.namelist()} - set(NO_WEIGHTS))
        differing = [name for name in names if _member(before, name) != _member(now, name)]
    return f"{', '.join(differing)} in it {'is' if len(differing) == 1 else 'are'} not as before" if differing else None


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    return archive.read(name) if name in archive.namelist() else None


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
