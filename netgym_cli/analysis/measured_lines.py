"""What was measured in runs, and which rows make a line together: those of runs alike, or of a user in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from netgym_cli.analysis import tables
from netgym_cli.analysis.kpis import Kpi
from netgym_cli.analysis.lines import MOST, Lines, Run, sortable
from netgym_cli.common.errors import ConfigError

LINE = "line"  # column that tells lines apart


@dataclass(frozen=True)
class Panel:
    """A part of a picture: lines with a pair of axes of their own.

    Attributes:
        kpi: what it shows.
        basis: what one value is of, such as `packets`.
        table: `line`, `x`, `y`, `low`, `high`, `runs`, the middle three by the names below.
        x: column of the horizontal axis.
        y: column of the vertical one.
        labels: of the two axes.
        stepped: whether a value holds up to the next.
    """

    kpi: Kpi
    basis: str
    table: pd.DataFrame
    x: str
    y: str
    labels: tuple[str, str]
    stepped: bool = False


def values(run: Run, kpi: Kpi, episodes: pd.DataFrame) -> pd.DataFrame:
    """The KPI in these episodes: `session`, `env`, `episode`, `step`, `ts_ms`, `id`, `value`.

    A delay of an interval in which nothing was under way is NaN.
    """
    if kpi.source is None:
        return tables.indicator(run, kpi.name, episodes)
    rows = tables.measurement(run, kpi.source, kpi.name, episodes)
    return rows.assign(value=rows["value"].where(rows["value"] != 0)) if kpi.is_delay else rows


def of_runs(runs: Sequence[Run], lines: Lines, read: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
    """What `read` gives of each run, with the columns `by` (its line), `place` (of that) and `run`; or nothing."""
    labels = sorted({lines.label(run) for run in runs}, key=sortable)
    parts = [
        read(run).assign(by=str(lines.label(run)), place=labels.index(lines.label(run)), run=str(run.folder))
        for run in runs
    ]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def with_lines(rows: pd.DataFrame, kpi: Kpi, each: bool) -> pd.DataFrame:
    """The rows with the column `line`, sorted in their order: its runs' and, with `each`, the user's, too.

    Raises `ConfigError` for more lines than can be told apart.
    """
    ids = sorted(rows["id"].unique())
    if not each or len(ids) < 2:
        return rows.assign(**{LINE: rows["by"]}).sort_values("place", kind="stable")
    if (count := len(rows[["by", "id"]].drop_duplicates())) > MOST:
        raise ConfigError(
            f"--each makes {count} lines of {kpi.key}; allowed: {MOST} or fewer. Leave it out, or give fewer folders."
        )
    names = {(by, id): f"{by}, {kpi.whose} {id}" if by else f"{kpi.whose} {id}" for by in set(rows["by"]) for id in ids}
    ordered = rows.sort_values(["place", "id"], kind="stable")
    return ordered.assign(**{LINE: [names[key] for key in zip(ordered["by"], ordered["id"], strict=True)]})


def numbers(panels: Sequence[Panel]) -> pd.DataFrame:
    """Every number of the panels, as one table."""
    parts = []
    for panel in panels:
        told: dict[str, Any] = {"kpi": panel.kpi.key, "unit": panel.kpi.unit, "of": panel.basis}
        shown = panel.table[[LINE, panel.x, panel.y, "low", "high", "runs"]]
        parts.append(pd.concat([pd.DataFrame(told, index=shown.index), shown], axis=1))
    return pd.concat(parts, ignore_index=True)


def grid_of(values: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the values, ascending, each once, their ends among them, spread as the values are."""
    ordered = np.unique(values)
    if ordered.size <= most:
        return ordered
    found: np.ndarray = np.unique(np.quantile(values, np.linspace(0, 1, most), method="inverted_cdf"))
    return found
