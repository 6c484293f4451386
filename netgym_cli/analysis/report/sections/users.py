"""Rates and delays as they were measured, over time and as distributions, for each link and user."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from netgym_cli.analysis import tables
from netgym_cli.analysis.lines import Run
from netgym_cli.analysis.report import figures
from netgym_cli.analysis.report.drawn import Block, Drawn, Picture, Section
from netgym_cli.analysis.report.material import Group, Material
from netgym_cli.analysis.tables import LAST

PLACE = 60
MOST_LINES = 10  # agents times users; with more, users are pooled
QUANTILES = np.linspace(0, 1, 61)
RATES, DELAYS = ("rate", "rrate"), ("owd",)  # how names end
DELAY, RATE = "delay", "rate"


def section(material: Material) -> Section | None:
    """Two figures for every rate and delay of every environment: its course, and its cumulative distribution."""
    blocks = [block for group in material.groups for block in _of(group)]
    return Section("Rates and delays", blocks) if blocks else None


def kinds(run: Run) -> dict[tuple[str, str], tuple[str, str]]:
    """Source and name of the run's rates and one-way delays of users or flows, to `rate` or `delay` and the unit."""
    found = {}
    for source, name, unit in tables.measured(run):
        last = name.rpartition("::")[2]
        if "cell" in name.split("::"):
            continue
        if last in DELAYS and unit == "ms":
            found[source, name] = (DELAY, unit)
        elif last in RATES and unit.endswith("bit/s"):
            found[source, name] = (RATE, unit)
    return found


def _of(group: Group) -> list[Block]:
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for run in group.runs:
        known |= kinds(run)
    parts = []
    for line, runs in group.members.items():
        for run in runs if known else ():
            parts.append(tables.measurements(run, list(known)).assign(line=line, run=str(run.folder)))
    parts = [part for part in parts if not part.empty]
    if not parts:
        return []
    values = pd.concat(parts)
    delays = {key for key, (kind, _) in known.items() if kind == DELAY}
    of_delays = [key in delays for key in zip(values["source"], values["name"], strict=True)]
    values = values[~(np.array(of_delays) & (values["value"] == 0))]
    blocks: list[Block] = [
        f"{group.env}: from the last {100 * LAST:g} % of every run's episodes. The distributions are of means per "
        "interval, one value for each interval and user or flow: packets of one interval are not told apart. Intervals "
        "in which nothing was under way have no delay."
    ]
    width = tables.bin_of_steps(int(values["step"].max()) + 1)
    for (source, name), (kind, unit) in sorted(known.items(), key=lambda item: (item[1][0], item[0])):
        part = values[(values["source"] == source) & (values["name"] == name)]
        if len(part):
            blocks += _figures(group, f"{source}::{name}", kind, unit, part, width)
    return blocks


def _figures(group: Group, name: str, kind: str, unit: str, part: pd.DataFrame, width: int) -> list[Block]:
    apart = part["line"].nunique() * part["id"].nunique() <= MOST_LINES and part["id"].nunique() > 1
    several = part["line"].nunique() > 1
    whose = [f"{line}, {id}" if several else str(id) for line, id in zip(part["line"], part["id"], strict=True)]
    part = part.assign(whose=whose if apart else part["line"])
    what = "user or flow" if apart else "agent, users or flows together"
    course = tables.over_steps(part, ["whose"], "value", width)
    course.loc[course["episodes"] < 2, ["p10", "p90"]] = float("nan")
    label = f"{name}, {unit}"
    over = figures.lines(course, "whose", "step", "mean", ("p10", "p90"), ("step of the episode", label))
    spread = distribution(part)
    cdf = figures.lines(spread, "whose", "value", "share", None, (label, "share of intervals, at most"))
    word = "one-way delay" if kind == DELAY else "rate"
    of_course = f"{name}: {word} over an episode, a line for each {what}."
    return [
        Picture(Drawn(f"course_{group.env}_{name}", course), over, of_course),
        Picture(Drawn(f"cdf_{group.env}_{name}", spread), cdf, f"{name}: CDF of the mean {word} per interval."),
    ]


def distribution(part: pd.DataFrame, by: Sequence[str] = ("whose",)) -> pd.DataFrame:
    """The cumulative distribution of `value` for each `by`: `by`, `value`, `share`, at 61 shares from 0 to 1."""
    found = part.groupby(list(by), sort=True)["value"].quantile(QUANTILES)
    return found.rename_axis([*by, "share"]).reset_index()
