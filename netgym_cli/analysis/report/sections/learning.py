"""Learning curves: the return over the steps of training, with bands over training seeds."""

from __future__ import annotations

import pandas as pd

from netgym_cli.analysis import plot
from netgym_cli.analysis.lines import Lines
from netgym_cli.analysis.report import figures
from netgym_cli.analysis.report.drawn import Block, Drawn, Picture, Section
from netgym_cli.analysis.report.material import Group, Material
from netgym_cli.common.errors import ConfigError

PLACE = 30


def section(material: Material) -> Section | None:
    """A figure for each environment."""
    blocks = [block for group in material.groups for block in _of(group)]
    return Section("Learning curves", blocks) if blocks else None


def _of(group: Group) -> list[Block]:
    tables, notes = [], []
    for name, runs in group.members.items():
        try:
            table, of_line = plot.curves(runs, "return", Lines(()))
        except ConfigError:
            notes.append(f"{name} has not gone through as many steps as its longest episode has")
            continue
        tables.append(table.assign(by=name))
        notes += [note for note in of_line if not note.startswith("left out: up to")]
    if not tables:
        return []
    table = pd.concat(tables).rename(columns={"by": "agent", "x": "step"})
    figure = figures.lines(table, "agent", "step", "mean", ("low", "high"), ("step", "return per episode"), group.env)
    fewest, most = table["runs"].min(), table["runs"].max()
    over = (
        f"over {fewest if fewest == most else f'{fewest} to {most}'} runs" if most > 1 else "of one run, without a band"
    )
    caption = f"{group.env}: return per episode over the steps of a run; mean and 95 % interval {over}."
    along = group.lines.along
    further = f" The lines differ in {', '.join(along)}, too." if along else ""
    told = "".join(f" {note[:1].upper()}{note[1:]}." for note in notes)
    drawn = Picture(Drawn(f"learning_{group.env}", table), figure, caption + further + told)
    return [group.remark, drawn] if group.remark else [drawn]
