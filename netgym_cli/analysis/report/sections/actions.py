"""Which actions were in force: read from the measurements, as the environment itself reads them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from netgym_cli.analysis import tables
from netgym_cli.analysis.lines import Run
from netgym_cli.analysis.report import figures
from netgym_cli.analysis.report.drawn import Block, Drawn, Picture, Section
from netgym_cli.analysis.report.material import Group, Material
from netgym_cli.common.errors import NetgymError
from netgym_cli.config.schema import typed
from netgym_cli.envs.base import Adapter, adapter_of, env_registry
from netgym_cli.simulators.stats import Layout, Row, Stats

PLACE = 70
MOST_STEPS = 300  # of a run that are looked at; every step has all of its measurements
MOST_ENTRIES = 12  # of an action that get a figure each
QUANTILES = np.linspace(0, 1, 41)


def section(material: Material) -> Section | None:
    """The distribution of every entry of the action, for each environment whose measurements tell it."""
    blocks = [block for group in material.groups for block in _of(group)]
    return Section("Actions in force", blocks) if blocks else None


def _of(group: Group) -> list[Block]:
    parts = []
    for line, runs in group.members.items():
        for run in runs:
            found = actions(run)
            if found.empty:
                return []
            parts.append(found.assign(line=line))
    if not parts:
        return []
    every = pd.concat(parts)
    names = list(dict.fromkeys(every["entry"]))
    blocks: list[Block] = [
        f"{group.env}: the actions in the last {MOST_STEPS} steps of every run, or in its last episode, as the network "
        "carried them out; the default algorithm's own are among them."
        + (f" Not shown: {', '.join(names[MOST_ENTRIES:])}." if len(names) > MOST_ENTRIES else "")
    ]
    for name in names[:MOST_ENTRIES]:
        table = every[every["entry"] == name].groupby("line", sort=True)["value"].quantile(QUANTILES)
        rows = table.rename_axis(["line", "share"]).reset_index()
        labels = (name, "share of steps, at most")
        figure = figures.lines(rows, "line", "value", "share", None, labels)
        blocks.append(Picture(Drawn(f"actions_{group.env}_{name}", rows), figure, f"{name}: CDF over steps."))
    return blocks


def actions(run: Run) -> pd.DataFrame:
    """The actions in force in the run's last steps: `entry`, `value`; empty if its measurements do not tell."""
    empty = pd.DataFrame(columns=["entry", "value"])
    env = run.config["env"]
    if ":" in str(env.get("name", ":")):  # code of somebody's own is not started to draw a picture
        return empty
    try:
        adapter = adapter_of(typed(env_registry.load(env["name"]).config_schema, env, "env"))
    except NetgymError:
        return empty
    measured = tables.everything_measured(run, MOST_STEPS)
    layouts: dict[int, Layout] = {}
    found = []
    places = measured[[*tables.EPISODE, "step"]].to_numpy()
    changes = (places[1:] != places[:-1]).any(axis=1)
    begins: list[int] = np.flatnonzero(np.r_[len(places) > 0, changes]).tolist()
    numbers, times = measured["value"].to_numpy(), measured["ts_ms"].to_numpy()
    for begin, end in pairwise([*begins, len(places)]):  # the measurements of a step stand one behind the other
        if end - begin not in layouts:
            layouts[end - begin] = _layout(measured.iloc[begin:end])
        values = _in_force(adapter, Stats(layouts[end - begin], float(times[begin]), numbers[begin:end]))
        if values is None:
            return empty
        found.append(values)
    if not found:
        return empty
    table = np.stack(found)
    return pd.DataFrame(table, columns=_entries(adapter, table.shape[1])).melt(var_name="entry", value_name="value")


def _layout(step: pd.DataFrame) -> Layout:
    rows = step.groupby(["source", "name", "unit"], sort=False)["id"]
    return Layout(tuple(_row(names, ids) for names, ids in rows))


def _row(names: Any, ids: pd.Series) -> Row:
    source, name, unit = names
    return Row(source, name, unit, tuple(ids))


def _in_force(adapter: Adapter[Any], stats: Stats) -> np.ndarray | None:
    try:
        action = np.asarray(adapter.effective_action(None, stats))
    except (NetgymError, KeyError, IndexError, ValueError, TypeError):
        return None
    return action.astype(np.float64).ravel() if action.dtype.kind in "biuf" and action.size else None


def _entries(adapter: Adapter[Any], count: int) -> list[str]:
    labels = adapter.action_labels
    if len(labels) == count:
        return [str(label) for label in labels]
    if labels and count % len(labels) == 0:
        return [f"{labels[number % len(labels)]}, {number // len(labels)}" for number in range(count)]
    return [f"entry {number}" for number in range(count)]
