"""`netgym plot --over-time`: KPIs over the simulated time of a session, with intervals over runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from netgym_cli.analysis import tables
from netgym_cli.analysis.kpis import Kpi
from netgym_cli.analysis.lines import MOST, Lines, Run
from netgym_cli.analysis.measured_lines import LINE, Panel, of_runs, values, with_lines
from netgym_cli.analysis.over_runs import estimates
from netgym_cli.common.errors import ConfigError

POINTS = 200  # of a line, about; a point is the mean of whole intervals
MEANS = "means per interval"


@dataclass(frozen=True)
class Courses:
    """What `netgym plot --over-time` draws and says.

    Attributes:
        panels: a KPI each.
        sessions: says which sessions they are of; empty if every run has one.
        remarks: what the reader has to know.
    """

    panels: list[Panel]
    sessions: str
    remarks: list[str]


def courses(runs: Sequence[Run], kpis: Sequence[Kpi], lines: Lines, session: int | None, each: bool | None) -> Courses:
    """The course of KPIs through one session of every run; simulators that lived it at once are averaged.

    Args:
        runs: as `plot.read` returns them.
        kpis: what is drawn, each in a panel of its own.
        lines: what the lines differ in.
        session: number of the session, as in the tables; None: the last of each run.
        each: whether every user, flow or cell is a line; None: if there is one line without it.

    Raises:
        ConfigError: a run has no such session, the runs have no values of it, or there are too many lines.
    """
    episodes = {run.folder: _of_session(run, session) for run in runs}
    several = session is not None or any(run.episodes["session"].nunique() > 1 for run in runs)
    panels, remarks = [], []
    for kpi in kpis:
        rows = of_runs(runs, lines, lambda run: values(run, kpi, episodes[run.folder]))  # noqa: B023
        if rows.empty or rows["value"].isna().all():
            remarks.append(f"left out, no value in these sessions: {kpi.key}")
            continue
        ids = rows["id"].nunique()
        apart = rows["by"].nunique() == 1 and ids <= MOST if each is None else each
        if ids > 1 and not apart:
            remarks.append(f"{kpi.key} is the mean over {ids} {kpi.plural}; --each draws them apart")
        panel, width_ms, interval_ms = _panel(with_lines(rows, kpi, apart), kpi)
        if width_ms > interval_ms:
            remarks.append(f"a point of {kpi.key} is the mean of {width_ms / 1e3:g} s, up to its time")
        panels.append(panel)
    if not panels:
        names = ", ".join(kpi.key for kpi in kpis)
        raise ConfigError(f"there is no value of {names} in these sessions; choose another by --session N.")
    which = "last session of each run" if session is None else f"session {session}"
    return Courses(panels, which if several else "", remarks)


def _of_session(run: Run, session: int | None) -> pd.DataFrame:
    there = sorted(run.episodes["session"].unique())
    chosen = there[-1] if session is None else session
    if chosen not in there:
        raise ConfigError(f"--session is {session}; allowed: {there[0]} to {there[-1]}, as '{run.folder}' has them.")
    episodes = run.episodes[run.episodes["session"] == chosen]
    return episodes.assign(env=episodes.get("env", 0))[list(tables.EPISODE)]


def _panel(rows: pd.DataFrame, kpi: Kpi) -> tuple[Panel, float, float]:
    """The panel, and how long a point and an interval are, ms."""
    begin, interval = _clock(rows)
    longest = rows["ts_ms"].max() - begin
    width = interval * max(1, math.ceil(longest / interval / POINTS - 1e-6))
    bins = np.ceil((rows["ts_ms"] - begin) / width - 1e-6).astype(int)  # bin k is up to, and with, k widths
    rows = rows.assign(bin=bins)
    ends = rows.groupby([LINE, "run"])["bin"].max().groupby(LINE).min()
    parts = []
    for line, part in rows.groupby(LINE, sort=False):
        means = part.groupby(["run", "bin"])["value"].mean().unstack("run")
        means = means.reindex(range(int(part["bin"].min()), int(ends[line]) + 1))
        found = estimates(means.to_numpy().T, "mean")
        found.insert(0, "time_s", (begin + means.index.to_numpy() * width) / 1e3)
        found.insert(0, LINE, line)
        parts.append(found)
    table = pd.concat(parts, ignore_index=True)
    return Panel(kpi, MEANS, table, "time_s", "mean", ("simulated time, s", kpi.label)), width, interval


def _clock(rows: pd.DataFrame) -> tuple[float, float]:
    """When the first interval began, and how long the longest usual one is, ms."""
    of_runs = [np.unique(times) for _, times in rows.groupby("run")["ts_ms"]]
    interval = float(max((np.median(np.diff(times)) for times in of_runs if times.size > 1), default=1.0))
    return float(rows["ts_ms"].min()) - interval, interval
