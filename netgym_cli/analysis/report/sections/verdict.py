"""What came of it, in up to three sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from netgym_cli.analysis.report.contests import Contest
from netgym_cli.analysis.report.drawn import Drawn, Section, Table, listed, told, with_interval
from netgym_cli.analysis.report.material import Group, Material
from netgym_cli.analysis.tables import LAST
from netgym_cli.common import statistics

PLACE = 10
SENTENCES = 3
METRIC = "return"


def section(material: Material) -> Section:
    """A sentence for each environment, from its evaluation or its trainings, and one on runs that ended early."""
    rows = [_of_contest(contest) for contest in material.contests]
    judged = {contest.env for contest in material.contests}
    rows += [row for group in material.groups if group.env not in judged for row in _of_trainings(group)]
    sentences = [_sentence(row) for row in rows]
    early = _ended_early(material)
    most = SENTENCES - bool(early)
    if len(sentences) > most:
        sentences = [*sentences[: most - 1], f"{len(sentences) - most + 1} more environments or agents are below."]
    paragraph = " ".join([*sentences, *early]) or "There is nothing to compare."
    remarks = [group.remark for group in material.groups if group.remark]
    if not rows:
        return Section("Verdict", [paragraph])
    return Section("Verdict", [paragraph, *remarks, Table(Drawn("verdict", pd.DataFrame(rows)), folded=True)])


def _of_contest(contest: Contest) -> dict[str, Any]:
    """The best trained agent, else the best other rule, beside the baseline."""
    trained = [label for label in contest.scores if label not in contest.rules]
    others = [label for label in trained or contest.scores if label != contest.baseline] or [contest.baseline]
    means = {label: statistics.of_measured(contest.scores[label][METRIC]) for label in others}
    best = max(others, key=lambda label: means[label].mean)
    row = {"where": contest.name, "agent": best, "of": len(others), "trainings": contest.trainings(best)}
    row |= {"networks": len(contest.networks)} | _estimate(METRIC, means[best])
    if best == contest.baseline:
        return row | {"baseline": ""}
    minus = statistics.paired(contest.scores[best][METRIC], contest.scores[contest.baseline][METRIC])
    return row | {"baseline": contest.baseline} | _estimate("minus baseline", minus)


def _of_trainings(group: Group) -> list[dict[str, Any]]:
    results = {
        name: statistics.of_measured([run.result(METRIC, LAST) for run in runs]) for name, runs in group.members.items()
    }
    if not results:
        return []
    best = max(results, key=lambda name: results[name].mean)
    row = {"where": group.env, "agent": best, "of": len(results), "trainings": len(group.members[best])}
    return [row | {"networks": 0} | _estimate(METRIC, results[best]) | {"baseline": ""}]


def _estimate(name: str, found: statistics.Estimate) -> dict[str, Any]:
    return {name: found.mean, f"{name} low": found.low, f"{name} high": found.high}


def _sentence(row: Mapping[str, Any]) -> str:
    value = with_interval(row[METRIC], row[f"{METRIC} low"], row[f"{METRIC} high"])
    trainings = f" ({row['trainings']} trainings)" if row["trainings"] > 1 else ""
    best = f", the best of {row['of']}," if row["of"] > 1 else ""
    if not row["networks"]:
        runs = f" over {row['trainings']} runs" if row["trainings"] > 1 else ", in one run,"
        return (
            f"In {row['where']}, {row['agent']}{best} returned {value} per episode{runs} in the last {100 * LAST:g} % "
            "of its episodes; it was not evaluated on new networks."
        )
    networks = "one new network" if row["networks"] == 1 else f"{row['networks']} new networks"
    if not row["baseline"]:
        return f"In {row['where']}, {row['agent']}{trainings} returns {value} per episode on {networks}."
    said = f"In {row['where']}, {row['agent']}{trainings}{best} returns {value} per episode on {networks}"
    return f"{said}, {_compared(row)}."


def _compared(row: Mapping[str, Any]) -> str:
    minus, low, high = (row[f"minus baseline{end}"] for end in ("", " low", " high"))
    if minus is None or pd.isna(minus):
        return f"which cannot be compared with {row['baseline']}"
    more = minus >= 0
    if low is None:
        return f"{told(abs(minus))} {'more' if more else 'less'} than {row['baseline']} there"
    size = with_interval(minus, low, high) if more else with_interval(-minus, -high, -low)
    chance = ", which may be chance" if low <= 0 <= high else ""
    return f"{size} {'more' if more else 'less'} than {row['baseline']}{chance}"


def _ended_early(material: Material) -> list[str]:
    states = [run.now.status for run in material.runs]
    others = [state for state in states if state != "complete"]
    if not others:
        return []
    counted = [f"{others.count(state)} {state}" for state in dict.fromkeys(others)]
    return [f"Of {len(states)} runs, {listed(counted)}: they are lines apart, with a remark."]
