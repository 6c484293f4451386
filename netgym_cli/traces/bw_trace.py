"""Bandwidth traces: rate, delay and loss of a bottleneck from given times on, read from files."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.home import expanded
from netgym_cli.common.suggestions import did_you_mean
from netgym_cli.traces.origin import FirstRow, counted_from_the_first
from netgym_cli.traces.two_columns import WORDS, looks_like_two_columns, two_column_rows

SHIPPED = Path(__file__).parent

# Column: the lowest and the highest value allowed, and both as text. ns-3 counts times in 64 bits of nanoseconds.
COLUMNS: dict[str, tuple[float, float, str]] = {
    "time_ms": (0, math.inf, "0 or more, ms"),
    "bw_kbps": (0, 1e9, "0 (an outage) to 1e9, kbit/s"),
    "delay_ms": (0, 1e9, "0 to 1e9, ms"),
    "loss": (0, 1, "a fraction from 0 to 1"),
}
HEADER = ",".join(COLUMNS)
MOST_MS = 1e12  # of a trace: 31 years


def shipped() -> list[str]:
    """Names of the traces that come with netgym, sorted."""
    return sorted(file.stem for file in SHIPPED.glob("*.csv"))


def read_bw_trace(name: str, key: str, first_row: FirstRow = "in_time", delay_ms: float = 0) -> dict[str, list[float]]:
    """The columns of a trace: `time_ms` (rising), `bw_kbps` (0: an outage), `delay_ms` (one way) and `loss` (0 to 1).

    Args:
        name: name of a shipped trace, or path to a file of the user's, relative to the working directory: a CSV file
            with these columns, or two columns without a header, seconds and Mbit/s.
        key: config key that names it, for messages.
        first_row: `"in_time"`: it may come later than 0, and dates count from the first of them; `"at_0"`: times count
            from the first row, whatever it says, because no value is known before it. Whatever is shifted is logged.
        delay_ms: of files that tell none; their loss is 0.

    Raises:
        ConfigError: a wrong value, with key, file, line and value.
    """
    file = trace_file(name, key)
    where = f"{key}: {file}"
    try:
        if looks_like_two_columns(file):
            columns = _collected(
                (place, {"time_ms": time_ms, "bw_kbps": kbps, "delay_ms": delay_ms, "loss": 0.0})
                for place, time_ms, kbps in two_column_rows(file, where)
            )
        else:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                columns = _collected(_rows(lines, where))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            f"{key}: cannot read '{file}': {error}. Give a CSV file with the columns {HEADER}, or {WORDS}."
        ) from error
    if not columns["time_ms"]:
        raise ConfigError(f"{where} has no rows; allowed: one or more below the line {HEADER}.")
    columns["time_ms"] = counted_from_the_first(columns["time_ms"], first_row, where)
    if (last := columns["time_ms"][-1]) > MOST_MS:
        raise ConfigError(f"{where}: the last time_ms is {last:g}; allowed: up to {MOST_MS:g} after the first.")
    return columns


def trace_file(name: str, key: str) -> Path:
    """The file behind the name of a shipped trace or a path. Raises `ConfigError` naming `key` if there is none."""
    known = shipped()
    if name in known:
        return SHIPPED / f"{name}.csv"
    file = expanded(name)
    if not file.is_file():
        raise ConfigError(
            f"{key} is '{name}', which is neither a shipped trace nor a file.{did_you_mean(name, known)} "
            f"Shipped: {', '.join(known)}; or give the path of a CSV file with the columns {HEADER}, "
            f"or of one with {WORDS}, relative to the working directory."
        )
    return file


def _collected(rows: Iterable[tuple[str, dict[str, float]]]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {column: [] for column in COLUMNS}
    for place, row in rows:
        for column, value in row.items():
            columns[column].append(value)
        times = columns["time_ms"]
        if len(times) > 1 and times[-1] <= times[-2]:
            raise ConfigError(f"{place}: time_ms is {times[-1]:g} after {times[-2]:g}; allowed: times that rise.")
    return columns


def _rows(lines: Iterable[str], where: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Place for messages and values, for every row of a CSV file."""
    reader = csv.reader(lines)
    rows = ((reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row)))
    number, header = next(rows, (1, []))
    if not header:
        raise ConfigError(f"{where} is empty; the first line must be {HEADER}.")
    for column in COLUMNS:
        if column not in header:
            raise ConfigError(
                f"{where}, line {number}: there is no column '{column}'; the first line must be {HEADER}, "
                f"or the file have {WORDS}."
            )
    for place, row in _records(rows, header, where):
        yield place, {column: _number(text, column, place) for column, text in row.items()}


def _records(
    rows: Iterator[tuple[int, list[str]]], header: list[str], where: str
) -> Iterator[tuple[str, dict[str, str]]]:
    for number, cells in rows:
        place = f"{where}, line {number}"
        if len(cells) != len(header):
            raise ConfigError(f"{place} has {len(cells)} values; allowed: {len(header)}, one for each of {header}.")
        yield place, {column: cells[header.index(column)] for column in COLUMNS}


def _number(text: str, column: str, place: str) -> float:
    low, high, allowed = COLUMNS[column]
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and low <= value <= high):
        raise ConfigError(f"{place}: {column} is '{text}'; allowed: {allowed}.")
    return value
