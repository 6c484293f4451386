"""Bandwidth traces: rate, delay and loss of a bottleneck from given times on, read from CSV files."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.home import expanded
from netgym_cli.common.suggestions import did_you_mean

SHIPPED = Path(__file__).parent
INF = float("inf")

# Column: the lowest and the highest value allowed, and both as text.
COLUMNS: dict[str, tuple[float, float, str]] = {
    "time_ms": (0, INF, "0 or more, ms"),
    "bw_kbps": (1, INF, "1 or more, kbit/s"),
    "delay_ms": (0, INF, "0 or more, ms"),
    "loss": (0, 1, "a fraction from 0 to 1"),
}
HEADER = ",".join(COLUMNS)


def shipped() -> list[str]:
    """Names of the traces that come with netgym, sorted."""
    return sorted(file.stem for file in SHIPPED.glob("*.csv"))


def read_bw_trace(name: str, key: str, from_0: bool = False) -> dict[str, list[float]]:
    """The columns of a trace: `time_ms` (rising, from 0), `bw_kbps`, `delay_ms` (one way) and `loss` (0 to 1).

    Args:
        name: name of a shipped trace, or path to a CSV file of the user's, relative to the working directory.
        key: config key that names it, for messages.
        from_0: whether the first row must be at 0 ms, because no value is known before it.

    Raises:
        ConfigError: a wrong value, with key, file, line and value.
    """
    file = trace_file(name, key)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return _columns(lines, f"{key}: {file}", from_0)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            f"{key}: cannot read '{file}': {error}. Give a CSV file with the columns {HEADER}."
        ) from error


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
            "relative to the working directory."
        )
    return file


def _columns(lines: Iterable[str], where: str, from_0: bool) -> dict[str, list[float]]:
    reader = csv.reader(lines)
    rows = ((reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row)))
    number, header = next(rows, (1, []))
    for column in COLUMNS:
        if column not in header:
            raise ConfigError(
                f"{where}, line {number}: there is no column '{column}'; the first line must be {HEADER}."
            )
    columns: dict[str, list[float]] = {column: [] for column in COLUMNS}
    for place, row in _records(rows, header, where):
        for column, value in row.items():
            columns[column].append(_number(value, column, place))
        times = columns["time_ms"]
        if from_0 and times[0] != 0:
            raise ConfigError(f"{place}: time_ms is {times[0]:g} in the first row; allowed: 0, as nothing precedes it.")
        if len(times) > 1 and times[-1] <= times[-2]:
            raise ConfigError(f"{place}: time_ms is {times[-1]:g} after {times[-2]:g}; allowed: times that rise.")
    if not columns["time_ms"]:
        raise ConfigError(f"{where} has no rows; allowed: one or more below the line {HEADER}.")
    return columns


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
