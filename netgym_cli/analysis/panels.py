"""The picture of several panels: time series below each other, distributions side by side, one legend beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from netgym_cli.analysis import picture
from netgym_cli.analysis.measured_lines import LINE, Panel
from netgym_cli.common.drawing import own_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN, ALONE_IN = 6.0, 2.2, 3.4  # of a panel among others, and of one alone
LEGEND_IN = 2.0
LEGEND_LINE_IN = 0.18
MOST_BANDS = 5  # lines with bands that can be told apart
LOGARITHMIC = 20  # distributions of values that are as many times as large as others


@own_settings()
def draw(panels: Sequence[Panel], legend: str, title: str, path: Path) -> None:
    """Draws the panels.

    Args:
        panels: of one kind, one or more.
        legend: what the lines differ in; empty for one line.
        title: of the picture; may be empty.
        path: the file to write; its folder is made.

    Raises:
        ConfigError: an unknown kind of picture, or a path that cannot be written to.
    """
    picture.require_picture(path)
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "netgym", "font.size": 9, "text.parse_math": False}):
        picture.write(figure_of(panels, legend, title), path)


def figure_of(panels: Sequence[Panel], legend: str, title: str) -> Figure:
    """The same, not written. Arguments as for `draw`."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(name for panel in panels for name in panel.table[LINE]))
    over_time = panels[0].x == "time_s"
    columns = 1 if over_time or len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    height = max(ALONE_IN if rows == 1 else HEIGHT_IN * rows, LEGEND_LINE_IN * len(names) + 0.8)
    size = (WIDTH_IN * (1.4 if columns > 1 else 1) + LEGEND_IN * (len(names) > 1), height + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=over_time).ravel()
    colours = colormaps["tab10" if len(names) <= 10 else "tab20"].colors  # type: ignore[attr-defined]
    looks = dict(zip(names, colours, strict=False))
    handles: dict[str, Any] = {}
    banded = len(names) <= MOST_BANDS
    for axes, panel in zip(grid, panels, strict=False):
        for name, part in panel.table.groupby(LINE, sort=False):
            handles[str(name)] = _line(axes, panel, part, looks[name], banded)
        _dress(axes, panel, over_time)
    for axes in grid[len(panels) :]:
        axes.remove()
    for axes in grid[: len(panels) - columns] if over_time else ():
        axes.set_xlabel("")
    figure.suptitle("\n".join(filter(None, [title, _bands(panels, banded)])), x=0.01, ha="left", fontsize="medium")
    if len(names) > 1:
        figure.legend(
            [handles[name] for name in names], names, title=legend.replace(", ", ",\n"), loc="outside right upper",
            frameon=False, fontsize="small",
        )  # fmt: skip
    return figure


def _line(axes: Axes, panel: Panel, part: pd.DataFrame, colour: Any, banded: bool) -> Any:
    """Draws a line, over time with a dot for every value that has no neighbour, and its band if there is to be one."""
    x, y, low, high = (part[column].astype(float) for column in (panel.x, panel.y, "low", "high"))
    style = "steps-post" if panel.stepped else "default"
    marker = "." if len(part) < picture.MARKED and not panel.stepped else ""
    (line,) = axes.plot(x, y, color=colour, linewidth=1.2, drawstyle=style, marker=marker)
    if panel.stepped:
        axes.plot([x.iloc[0]] * 2, [0, y.iloc[0]], color=colour, linewidth=1.2)
    else:
        alone = y.notna() & y.shift().isna() & y.shift(-1).isna()
        axes.plot(x[alone], y[alone], ".", color=colour)
    if banded and low.notna().any():
        step: Any = "post" if panel.stepped else None
        axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0, step=step)
    return line


def _dress(axes: Axes, panel: Panel, over_time: bool) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xlabel(panel.labels[0])
    axes.set_ylabel(panel.labels[1])
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if over_time:
        axes.set_ylim(*limits(panel.table, panel.y))
        return
    axes.set_ylim(-0.02, 1.02)
    values = panel.table[panel.x]
    if values.min() > 0 and values.max() > LOGARITHMIC * values.min():
        axes.set_xscale("log")
        decades = values.max() / values.min() > 1e3
        axes.xaxis.set_major_locator(LogLocator(10, (1.0,) if decades else (1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())


def limits(table: pd.DataFrame, column: str) -> tuple[float, float]:
    """Of an axis: around the lines and their bands, of bands no more than lines take, nor below zero if no line is."""
    values = table[column].dropna()
    least, most = float(values.min()), float(values.max())
    room = (most - least) or max(abs(most), 1.0) / 10
    low, high = min(least, float(table["low"].min())), max(most, float(table["high"].max()))
    low, high = (least if np.isnan(low) else low), (most if np.isnan(high) else high)
    low, high = max(low, least - room), min(high, most + room)
    low = max(low, 0.0) if least >= 0 else low
    margin = 0.05 * ((high - low) or room)
    return low - margin, high + margin


def _bands(panels: Sequence[Panel], banded: bool) -> str:
    """Says what lines and bands are, if they are over several runs."""
    most = max(int(panel.table["runs"].max()) for panel in panels)
    fewest = min(int(panel.table.loc[panel.table["runs"] > 0, "runs"].min()) for panel in panels)
    over = f"{most}" if fewest == most else f"{fewest} to {most}"
    return f"mean{' and 95 % interval' if banded else ''} over {over} runs" if most > 1 else ""
