"""Performance profiles, and how probable it is that an agent beats the baseline (Agarwal et al. 2021)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from netgym_cli.analysis.report import figures
from netgym_cli.analysis.report.contests import Contest
from netgym_cli.analysis.report.drawn import Block, Drawn, Picture, Section
from netgym_cli.analysis.report.material import Material
from netgym_cli.common import aggregates

PLACE = 40
THRESHOLDS = 41
METRIC = "return"
MOST_CONTESTS = 4
MOST_AGENTS = 10


def section(material: Material) -> Section | None:
    """Two figures for each evaluation of several agents on several networks."""
    many = [contest for contest in material.contests if len(contest.scores) > 1 and len(contest.networks) > 1]
    blocks: list[Block] = []
    for contest in many[:MOST_CONTESTS]:
        blocks += [_profile(contest), _improvement(contest)]
    return Section("Profiles", blocks) if blocks else None


def _profile(contest: Contest) -> Picture:
    shown = list(contest.scores)[-MOST_AGENTS:]
    values = np.concatenate([contest.scores[label][METRIC].ravel() for label in shown])
    thresholds = np.linspace(np.nanmin(values), np.nanmax(values), THRESHOLDS)
    parts = []
    for label in shown:
        found = aggregates.performance_profile([contest.scores[label][METRIC]], thresholds)
        columns = {"return": thresholds, "share": found.shares, "low": found.low, "high": found.high}
        parts.append(pd.DataFrame({"agent": label, **columns}))
    table = pd.concat(parts)
    labels = ("return per episode, x", "share of sessions above x")
    figure = figures.lines(table, "agent", "return", "share", ("low", "high"), labels, contest.name)
    caption = (
        f"{contest.name}: performance profile, the share of sessions (a training on a network) that returned more "
        "than x, with 95 % bands; higher is better."
    )
    return Picture(Drawn(f"profile_{contest.name}", table), figure, caption)


def _improvement(contest: Contest) -> Picture:
    base = contest.scores[contest.baseline][METRIC]
    rows = []
    for label, scores in contest.scores.items():
        if label != contest.baseline:
            found = aggregates.probability_of_improvement([scores[METRIC]], [base])
            rows.append({"agent": label, "P": found.mean, "P low": found.low, "P high": found.high})
    table = pd.DataFrame(rows)
    figure = figures.intervals(table, "agent", "P", f"P(more return than {contest.baseline})", 0.5)
    figure.axes[0].set_xlim(-0.03, 1.03)
    caption = (
        f"{contest.name}: how probable it is that a training of the agent returns more than {contest.baseline} on "
        "a new network, with 95 % intervals; at 0.5 neither is better."
    )
    return Picture(Drawn(f"improvement_{contest.name}", table), figure, caption)
