"""Key performance indicators over the steps of an episode."""

from __future__ import annotations

import pandas as pd

from netgym_cli.analysis import tables
from netgym_cli.analysis.report import figures
from netgym_cli.analysis.report.drawn import Block, Drawn, Picture, Section
from netgym_cli.analysis.report.material import Group, Material
from netgym_cli.analysis.tables import LAST

PLACE = 50
MOST_FIGURES = 12


def section(material: Material) -> Section | None:
    """A small figure for the reward and each indicator, in each environment."""
    blocks = [block for group in material.groups for block in _of(group)]
    return Section("Indicators over an episode", blocks) if blocks else None


def _of(group: Group) -> list[Block]:
    names = list(dict.fromkeys(name for run in group.runs for name in tables.indicators(run)))
    shown, left_out = names[:MOST_FIGURES], names[MOST_FIGURES:]
    parts = []
    for line, runs in group.members.items():
        for run in runs:
            part = tables.steps(run, shown)
            parts.append(part.assign(line=line, run=str(run.folder)))
    if not parts or all(part.empty for part in parts):
        return []
    steps = pd.concat([part for part in parts if not part.empty])
    width = tables.bin_of_steps(int(steps["step"].max()) + 1)
    blocks: list[Block] = [
        f"{group.env}: mean over the last {100 * LAST:g} % of every run's episodes; the band holds the middle 80 % of "
        f"the episodes.{f' A point stands for {width} steps.' if width > 1 else ''}"
        + (f" Not shown: {', '.join(left_out)}." if left_out else "")
    ]
    for name in shown:
        table = tables.over_steps(steps, ["line"], name, width)
        if table.empty:
            continue
        alone = table["episodes"] < 2
        table.loc[alone, ["p10", "p90"]] = float("nan")
        figure = figures.lines(table, "line", "step", "mean", ("p10", "p90"), ("step of the episode", name))
        blocks.append(Picture(Drawn(f"indicator_{group.env}_{name}", table), figure, name))
    return blocks
