"""The map of the network with the tracks of its users."""

from __future__ import annotations

import pandas as pd

from netgym_cli.analysis import tables
from netgym_cli.analysis.lines import Run
from netgym_cli.analysis.network_map import figure_of
from netgym_cli.analysis.report.drawn import Block, Drawn, Picture, Section
from netgym_cli.analysis.report.material import Group, Material
from netgym_cli.analysis.sites import POSITIONS, has_map, sites

PLACE = 80
MOST_POINTS = 200  # of a track


def section(material: Material) -> Section | None:
    """A map of each environment whose config has places, with the tracks of the newest session of one of its runs."""
    blocks = [block for group in material.groups for block in _of(group)]
    return Section("Map", blocks) if blocks else None


def _of(group: Group) -> list[Block]:
    placed = [run for run in group.runs if has_map(run.config["env"])]
    if not placed:
        return []
    run = placed[0]
    walked = tracks(run)
    places = sites(run.config["env"])
    ways = {user: list(zip(part["x_m"], part["y_m"], strict=True)) for user, part in walked.groupby("user")}
    figure = figure_of(run.config["env"], ways)
    told = f" Tracks of users in the last episodes of {run.folder.name}, which end at the dots." if len(walked) else ""
    caption = f"{group.env}: sites, and the area in which users walk.{told}"
    drawn = pd.concat([places, walked]) if len(walked) else places
    return [Picture(Drawn(f"map_{group.env}", drawn), figure, caption)]


def tracks(run: Run) -> pd.DataFrame:
    """Where the users were in the run's last session, at most so many points each: `user`, `x_m`, `y_m`."""
    found = tables.measurements(run, POSITIONS)
    if found.empty:
        return pd.DataFrame(columns=["user", "x_m", "y_m"])
    session = found["session"].max()
    one = found[(found["session"] == session) & (found["env"] == found["env"].min())]
    wide = one.pivot_table(index=["id", "episode", "step"], columns="name", values="value").dropna()
    if set(wide.columns) != {name for _, name in POSITIONS}:
        return pd.DataFrame(columns=["user", "x_m", "y_m"])
    wide = wide.reset_index().rename(columns={"id": "user", "x_loc": "x_m", "y_loc": "y_m"})
    every = max(1, -(-int(wide.groupby("user").size().max()) // MOST_POINTS))
    kept = wide[wide.groupby("user").cumcount(ascending=False) % every == 0]
    return kept[["user", "x_m", "y_m"]].reset_index(drop=True)
