"""All agents beside the baseline, rules first."""

from __future__ import annotations

from typing import Any

import pandas as pd

from netgym_cli.analysis.report import figures
from netgym_cli.analysis.report.contests import Contest
from netgym_cli.analysis.report.drawn import Block, Drawn, Picture, Section, Table
from netgym_cli.analysis.report.material import Material
from netgym_cli.analysis.tables import LAST
from netgym_cli.common import aggregates, statistics

PLACE = 20
METRIC = "return"
MOST_FIGURES = 6


def section(material: Material) -> Section | None:
    """A table of the return and one of every other metric, from evaluations; without any, what trainings returned."""
    blocks: list[Block] = []
    if material.contests:
        rows = [row for contest in material.contests for row in _returns(contest)]
        caption = (
            "Return per episode on networks that no training met. In brackets: 95 % intervals over networks, and over "
            "trainings where there are several. IQM: mean of the middle half. The difference is paired by network."
        )
        blocks.append(Table(Drawn("agents", _without_empty(pd.DataFrame(rows))), caption))
        for contest in material.contests[:MOST_FIGURES]:
            blocks.append(_picture(contest))
        others = [row for contest in material.contests for row in _others(contest)]
        if others:
            blocks.append(Table(Drawn("agents_indicators", pd.DataFrame(others)), "All metrics, rules first.", True))
    if rows := _trained(material):
        caption = (
            f"Return per episode while the runs learnt, over the last {100 * LAST:g} % of their episodes "
            "(95 % interval over runs)."
        )
        blocks.append(Table(Drawn("trainings", pd.DataFrame(rows)), caption))
    return Section("Agents", blocks) if blocks else None


def _returns(contest: Contest) -> list[dict[str, Any]]:
    rows = []
    for label, scores in contest.scores.items():
        table, base = scores[METRIC], contest.scores[contest.baseline][METRIC]
        mine = label == contest.baseline
        row: dict[str, Any] = {
            "where": contest.name,
            "agent": label,
            "kind": "rule" if label in contest.rules else "trained",
        }
        row |= {"trainings": len(table), "networks": len(contest.networks)}
        row |= columns(METRIC, statistics.of_measured(table))
        row |= columns("IQM", aggregates.interquartile_mean([table]))
        name = f"minus {contest.baseline}"
        row |= columns(name, None if mine else statistics.paired(table, base))
        better = None if mine else aggregates.probability_of_improvement([table], [base])
        rows.append(row | columns("P(more)", better))
    return rows


def _others(contest: Contest) -> list[dict[str, Any]]:
    return [
        {"where": contest.name, "metric": metric, "agent": label}
        | columns("mean", statistics.of_measured(contest.scores[label][metric]))
        | columns(
            "minus baseline",
            None
            if label == contest.baseline
            else statistics.paired(contest.scores[label][metric], contest.scores[contest.baseline][metric]),
        )
        for metric in contest.metrics
        if metric != METRIC
        for label in contest.scores
    ]


def columns(name: str, found: statistics.Estimate | None) -> dict[str, Any]:
    """An estimate as the columns of a row."""
    mean, low, high = (None, None, None) if found is None else (found.mean, found.low, found.high)
    return {name: mean, f"{name} low": low, f"{name} high": high}


def _without_empty(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="where") if table["where"].nunique() == 1 else table


def _picture(contest: Contest) -> Picture:
    table = pd.DataFrame(
        [{"agent": label} | columns(METRIC, statistics.of_measured(scores[METRIC]))
         for label, scores in contest.scores.items()]
    )  # fmt: skip
    base = float(table.loc[table["agent"] == contest.baseline, METRIC].iloc[0])
    figure = figures.intervals(table, "agent", METRIC, "return per episode", base)
    caption = f"{contest.name}: return per episode, mean and 95 % interval; the line is at {contest.baseline}."
    return Picture(Drawn(f"returns_{contest.name}", table), figure, caption)


def _trained(material: Material) -> list[dict[str, Any]]:
    return [
        {"env": group.env, "agent": name, "runs": len(runs)}
        | columns(METRIC, statistics.of_measured([run.result(METRIC, LAST) for run in runs]))
        for group in material.groups
        for name, runs in group.members.items()
    ]
