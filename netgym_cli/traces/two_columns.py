"""Traces of two columns without a header: seconds and Mbit/s, as Pensieve and its successors have them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from netgym_cli.common.errors import ConfigError

SEPARATORS = re.compile(r"\s*[,;]\s*|\s+")
WORDS = "two columns without a header, seconds and Mbit/s"
HIGHEST = {"seconds": 1e12, "Mbit/s": 1e6}


def looks_like_two_columns(file: Path) -> bool:
    """Whether the first line that is not empty is two numbers, and so no header of a CSV file."""
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        first = next((line.strip() for line in lines if line.strip()), "")
    cells = SEPARATORS.split(first)
    return len(cells) == 2 and all(_is_number(cell) for cell in cells)


def two_column_rows(file: Path, where: str) -> Iterator[tuple[str, float, float]]:
    """Place for messages, time in ms and rate in kbit/s, for every row.

    Args:
        file: numbers separated by white space, a comma or a semicolon, two in each line.
        where: key and file, for messages.

    Raises:
        ConfigError: a wrong value, with key, file, line and value.
    """
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            place, cells = f"{where}, line {number}", SEPARATORS.split(line.strip())
            if len(cells) != 2:
                raise ConfigError(f"{place} has {len(cells)} values; allowed: {WORDS}.")
            time_s, mbps = (_number(cell, unit, place) for cell, unit in zip(cells, HIGHEST, strict=True))
            yield place, time_s * 1e3, mbps * 1e3


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _number(text: str, unit: str, place: str) -> float:
    if not (_is_number(text) and 0 <= float(text) <= HIGHEST[unit]):
        raise ConfigError(f"{place}: {unit} is '{text}'; allowed: 0 to {HIGHEST[unit]:g}, of {WORDS}.")
    return float(text)
