"""Rates and delays as they were measured, over time and as distributions, for each link and user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from netgym_cli.analysis import packet_delays, tables
from netgym_cli.analysis.kpis import DELAYS, RATES
from netgym_cli.analysis.lines import Run
from netgym_cli.analysis.report import figures
from netgym_cli.analysis.report.drawn import Block, Drawn, Picture, Section, Table
from netgym_cli.analysis.report.material import Group, Material
from netgym_cli.analysis.tables import LAST
from netgym_cli.simulators.delays import RELATIVE_ERROR

PLACE = 60
MOST_LINES = 10  # agents times users; with more, users are pooled
QUANTILES = np.linspace(0, 1, 61)
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
    packets = _packets(group, sorted(delays))
    blocks: list[Block] = [f"{group.env}: from the last {100 * LAST:g} % of every run's episodes. {_basis(packets)}"]
    width = tables.bin_of_steps(int(values["step"].max()) + 1)
    percentiles = []
    for (source, name), (kind, unit) in sorted(known.items(), key=lambda item: (item[1][0], item[0])):
        part = values[(values["source"] == source) & (values["name"] == name)]
        if len(part):
            key, timed = f"{source}::{name}", packets.get((source, name), pd.DataFrame())
            blocks += _figures(group, key, kind, unit, part, width, timed)
            if len(timed):
                told = packet_delays.percentiles(_with_lines(timed, part), "whose")
                percentiles.append(told.rename(columns={"whose": "line"}).assign(delay=key))
    if percentiles:
        table = pd.concat(percentiles)
        table.insert(0, "delay", table.pop("delay"))
        caption = "How long packets took: percentiles of each run, means over runs with 95 % intervals."
        blocks.append(Table(Drawn(f"percentiles_{group.env}", table), caption))
    return blocks


def _packets(group: Group, delays: Sequence[tuple[str, str]]) -> dict[tuple[str, str], pd.DataFrame]:
    """Source and name of the delays of which every run knows its packets', to these; empty if a run knows none."""
    if not all(tables.has_packets(run) for run in group.runs):
        return {}
    found = {}
    for source, name in delays:
        parts = []
        for line, runs in group.members.items():
            for run in runs:
                rows = tables.packets(run, source, name, tables.last_episodes(run))
                parts.append(rows.assign(line=line, run=str(run.folder)))
        found[source, name] = pd.concat([part for part in parts if len(part)] or parts)
    return {key: rows for key, rows in found.items() if len(rows)}


def _basis(packets: Mapping[tuple[str, str], pd.DataFrame]) -> str:
    """Says what the distributions are of."""
    means = "means per interval, one value for each interval and user or flow"
    idle = "Intervals in which nothing was under way have no delay."
    if not packets:
        return f"The distributions are of {means}: packets of one interval are not told apart. {idle}"
    return (
        "The distributions of delays are of packets, where a caption says so: every packet that was delivered in a run "
        "counts once, whatever its flow and interval, and runs count alike. Shares are exact where a line bends, "
        f"percentiles within {100 * RELATIVE_ERROR:.1f} %. All other distributions, and the courses, are of {means}. "
        f"{idle}"
    )


def _figures(
    group: Group, name: str, kind: str, unit: str, part: pd.DataFrame, width: int, packets: pd.DataFrame
) -> list[Block]:
    part, apart = _with_lines(part, part), _apart(part)
    what = "user or flow" if apart else "agent, users or flows together"
    course = tables.over_steps(part, ["whose"], "value", width)
    course.loc[course["episodes"] < 2, ["p10", "p90"]] = float("nan")
    label = f"{name}, {unit}"
    over = figures.lines(course, "whose", "step", "mean", ("p10", "p90"), ("step of the episode", label))
    word = "one-way delay" if kind == DELAY else "rate"
    of_course = f"{name}: {word} over an episode, a line for each {what}."
    if len(packets):
        spread = packet_delays.cdf(_with_lines(packets, part), "whose")
        bands, axes = ("low", "high"), (label, "share of packets, less than")
        of_cdf = f"{name}: CDF of the packets' one-way delays" + (
            ", mean and 95 % interval over runs." if spread["runs"].max() > 1 else "."
        )
    else:
        spread, bands, axes = distribution(part), None, (label, "share of intervals, at most")
        of_cdf = f"{name}: CDF of the mean {word} per interval."
    cdf = figures.lines(spread, "whose", "value", "share", bands, axes)
    return [
        Picture(Drawn(f"course_{group.env}_{name}", course), over, of_course),
        Picture(Drawn(f"cdf_{group.env}_{name}", spread), cdf, of_cdf),
    ]


def _apart(part: pd.DataFrame) -> bool:
    """Whether users are lines apart."""
    lines, ids = part["line"].nunique(), part["id"].nunique()
    return bool(ids > 1 and lines * ids <= MOST_LINES)


def _with_lines(rows: pd.DataFrame, part: pd.DataFrame) -> pd.DataFrame:
    """The rows, sorted, with the column `whose`, by which the figure of `part` tells its lines apart."""
    if not _apart(part):
        return rows.assign(whose=rows["line"]).sort_values("whose", kind="stable")
    several = part["line"].nunique() > 1
    whose = [f"{line}, {id}" if several else str(id) for line, id in zip(rows["line"], rows["id"], strict=True)]
    return rows.assign(whose=whose).sort_values("whose", kind="stable")


def distribution(part: pd.DataFrame, by: Sequence[str] = ("whose",)) -> pd.DataFrame:
    """The cumulative distribution of `value` for each `by`: `by`, `value`, `share`, at 61 shares from 0 to 1."""
    found = part.groupby(list(by), sort=True)["value"].quantile(QUANTILES)
    return found.rename_axis([*by, "share"]).reset_index()
