"""`netgym plot --cdf`: how KPIs were distributed in the last episodes of runs; delays packet by packet, where known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netgym_cli.analysis import packet_delays, tables
from netgym_cli.analysis.kpis import Kpi
from netgym_cli.analysis.lines import Lines, Run
from netgym_cli.analysis.measured_lines import LINE, Panel, grid_of, of_runs, values, with_lines
from netgym_cli.analysis.over_runs import estimates
from netgym_cli.common.errors import ConfigError
from netgym_cli.simulators.delays import PERCENTS, RELATIVE_ERROR

POINTS = 201  # of a curve over means per interval
PACKETS, MEANS = "packets", "means per interval"
EXACTNESS = f"of packets: shares are exact at the ends of bins, percentiles within {100 * RELATIVE_ERROR:.1f} %"


@dataclass(frozen=True)
class Distributions:
    """What `netgym plot --cdf` draws and says.

    Attributes:
        panels: a KPI each.
        percentiles: of each line: `kpi`, `of`, `line`, `runs`, `values` (how many), `p50`, `p50 low`, `p50 high`, ...
        remarks: what the reader has to know.
    """

    panels: list[Panel]
    percentiles: pd.DataFrame
    remarks: list[str]


def distributions(runs: Sequence[Run], kpis: Sequence[Kpi], lines: Lines, last: float, each: bool) -> Distributions:
    """Cumulative distributions over the last share of the episodes of every run.

    Args:
        runs: as `plot.read` returns them.
        kpis: what is drawn, each in a panel of its own.
        lines: what the lines differ in.
        last: share of the last episodes, above 0, to 1.
        each: whether every user, flow or cell is a line.

    Raises:
        ConfigError: the runs have no values of it in these episodes, or there are too many lines.
    """
    episodes = {run.folder: tables.last_episodes(run, np.inf, last) for run in runs}
    without = [run.folder for run in runs if not tables.has_packets(run)]
    panels, percentiles, remarks = [], [], []
    for kpi in kpis:
        packets = pd.DataFrame() if without or not kpi.is_delay else _packets(runs, kpi, lines, episodes)
        if kpi.is_delay and packets.empty:
            remarks.append(f"{kpi.key} is {MEANS}, not of packets: {_why(without)}")
        rows = packets if len(packets) else of_runs(runs, lines, lambda run: values(run, kpi, episodes[run.folder]))  # noqa: B023
        if rows.empty or ("value" in rows and rows["value"].isna().all()):
            remarks.append(f"left out, no value in these episodes: {kpi.key}")
            continue
        if (ids := rows["id"].nunique()) > 1 and not each:
            remarks.append(f"{kpi.key} is of {ids} {kpi.plural} together; --each draws them apart")
        rows = with_lines(rows, kpi, each)
        panel, told = _of_packets(rows, kpi) if len(packets) else _of_means(rows.dropna(subset=["value"]), kpi)
        panels.append(panel)
        percentiles.append(told.assign(kpi=kpi.label, of=panel.basis))
    if not panels:
        names = ", ".join(kpi.key for kpi in kpis)
        raise ConfigError(f"there is no value of {names} in the last {100 * last:g} % of the episodes; give --last 1.")
    if any(panel.basis == PACKETS for panel in panels):
        remarks.append(EXACTNESS)
    return Distributions(panels, pd.concat(percentiles, ignore_index=True), remarks)


def table_rows(found: pd.DataFrame) -> list[list[str]]:
    """The percentiles as text: KPI, line, runs, how many values, of what, and each with its interval."""
    rows = []
    for row in found.to_dict("records"):
        texts = [_with_interval(row, f"p{percent}") for percent in PERCENTS]
        rows.append([row["kpi"], row[LINE], str(row["runs"]), f"{row['values']} {row['of']}", *texts])
    return rows


def _packets(runs: Sequence[Run], kpi: Kpi, lines: Lines, episodes: Mapping[Path, pd.DataFrame]) -> pd.DataFrame:
    assert kpi.source is not None
    source = kpi.source
    return of_runs(runs, lines, lambda run: tables.packets(run, source, kpi.name, episodes[run.folder]))


def _why(without: Sequence[Path]) -> str:
    if not without:
        return "in these episodes, no packet of it was timed"
    others = f" and {len(without) - 1} more" if len(without) > 1 else ""
    return f"there is no delays.parquet in {without[0]}{others}"


def _of_packets(rows: pd.DataFrame, kpi: Kpi) -> tuple[Panel, pd.DataFrame]:
    labels = (f"{kpi.key}, ms", "share of packets, less than")
    found = packet_delays.percentiles(rows, LINE)
    found.columns = [column.replace("_ms", "").replace("packets", "values") for column in found]
    return Panel(kpi, PACKETS, packet_delays.cdf(rows, LINE), "value", "share", labels), found


def _of_means(rows: pd.DataFrame, kpi: Kpi) -> tuple[Panel, pd.DataFrame]:
    """Of values as they are in a table: every run's share of values up to each of some of them, where it is exact."""
    parts: list[pd.DataFrame] = []
    table: list[dict[str, Any]] = []
    for line, part in rows.groupby(LINE, sort=False):
        of_run = [np.sort(values.to_numpy(float)) for _, values in part.groupby("run", sort=False)["value"]]
        grid = grid_of(np.concatenate(of_run), POINTS)
        shares = [np.searchsorted(ordered, grid, side="right") / ordered.size for ordered in of_run]
        found = estimates(np.stack(shares), "share", (0.0, 1.0))
        parts.append(pd.concat([pd.DataFrame({LINE: line, "value": grid}), found], axis=1))
        row: dict[str, Any] = {LINE: line, "runs": len(of_run), "values": len(part)}
        for percent in PERCENTS:
            ranked = [[np.quantile(ordered, percent / 100, method="inverted_cdf")] for ordered in of_run]
            found = estimates(np.array(ranked), "mean")
            row |= {f"p{percent}": found["mean"][0]} | {f"p{percent} {end}": found[end][0] for end in ("low", "high")}
        table.append(row)
    labels = (kpi.label, "share of means per\ninterval, at most")
    return Panel(kpi, MEANS, pd.concat(parts), "value", "share", labels, stepped=True), pd.DataFrame(table)


def _with_interval(row: Mapping[Any, Any], name: str) -> str:
    low, high = row[f"{name} low"], row[f"{name} high"]
    return f"{row[name]:.4g}" if pd.isna(low) else f"{row[name]:.4g} [{low:.4g}, {high:.4g}]"
