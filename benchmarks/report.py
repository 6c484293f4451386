"""What the benchmarks share: 95 % intervals, tables on the console and rows in results/."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
# 97.5 % quantiles of Student's t for 1, 2, 3, ... degrees of freedom; the last one serves for all above (it is larger).
T_QUANTILES = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
)  # fmt: skip

console = Console(width=max(130, Console().width))
Row = dict[str, Any]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half the width of its 95 % interval (Student's t); the values are independent, one per seed."""
    if len(values) < 2:
        return fmean(values), math.inf
    quantile = T_QUANTILES[min(len(values) - 1, len(T_QUANTILES)) - 1]
    return fmean(values), quantile * stdev(values) / math.sqrt(len(values))


def show(title: str, rows: Sequence[Row]) -> None:
    """Prints `rows`, which share their keys, as a table."""
    table = Table(title=title)
    for column in rows[0]:
        table.add_column(column)
    for row in rows:
        table.add_row(*(f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row.values()))
    console.print(table)


def save(name: str, rows: Sequence[Row]) -> None:
    """Writes results/`name`.csv."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: round(cell, 4) if isinstance(cell, float) else cell for key, cell in row.items()} for row in rows
        )


def save_json(name: str, content: Any) -> None:
    """Writes results/`name`.json."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


def load() -> float:
    """Processes that wanted a core over the last minute, this benchmark's own among them."""
    return os.getloadavg()[0]
