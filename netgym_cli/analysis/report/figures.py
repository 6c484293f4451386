"""The figures of a report, all in one style: small enough for a telephone, in colours for light and dark pages."""

from __future__ import annotations

import io
import re
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN = 4.2, 2.5
LEFT_IN, RIGHT_IN, BOTTOM_IN, TOP_IN = 0.72, 0.12, 0.42, 0.12  # around the axes; fixed, as fitting them takes long
TITLE_IN, LEGEND_LINE_IN, LETTER_IN = 0.16, 0.17, 0.078
TICKS, MOST_BANDS = 5, 6
TWO_COLUMNS, MOST_LETTERS, MOST_NAME = 26, 58, 24  # letters of names in legends, and beside axes
# Colours for eyes of all kinds (Wong 2011, "Points of view: Color blindness"), and further ones for more lines.
COLOURS = ("#1c7fc0", "#d55e00", "#009e73", "#aa4499", "#c98a00", "#56b4e9", "#8c6d5a", "#7a7ad0", "#6b8e23", "#b0305c")
STYLES = ("-", "--", ":")
INK, FAINT = "#1b1b1c", "#a9a9aa"  # replaced by the page's own colours
SETTINGS: Any = {
    "svg.hashsalt": "netgym", "svg.fonttype": "none", "font.size": 9, "font.family": "DejaVu Sans",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": INK, "axes.labelcolor": INK,
    "text.color": INK, "xtick.color": INK, "ytick.color": INK, "axes.grid": True, "grid.color": FAINT,
    "grid.alpha": 0.35, "legend.frameon": False, "axes.titlesize": "medium", "axes.titlelocation": "left",
    "axes.axisbelow": True, "path.simplify": True, "text.parse_math": False,
}  # fmt: skip
TAGS = re.compile(r'\b(id="|href="#|url\(#)')


def new(
    height: float = HEIGHT_IN, left: float = LEFT_IN, legend_lines: int = 0, title: str = ""
) -> tuple[Figure, Axes]:
    """An empty figure with one pair of axes.

    Args:
        height: without the lines of the legend, inches.
        left: room for the labels of the vertical axis, inches.
        legend_lines: lines of a legend under the axes.
        title: over the axes; may be empty.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    whole = height + LEGEND_LINE_IN * legend_lines + TITLE_IN * bool(title)
    figure = Figure(figsize=(WIDTH_IN, whole), facecolor="none")
    bottom, top = BOTTOM_IN + LEGEND_LINE_IN * legend_lines, TOP_IN + TITLE_IN * bool(title)
    axes = figure.add_axes(
        (left / WIDTH_IN, bottom / whole, 1 - (left + RIGHT_IN) / WIDTH_IN, 1 - (bottom + top) / whole)
    )
    axes.set_facecolor("none")
    axes.set_title(title)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(TICKS, steps=[1, 2, 2.5, 5, 10]))
    return figure, axes


def lines(
    table: pd.DataFrame, by: str, x: str, y: str, ends: tuple[str, str] | None, labels: tuple[str, str], title: str = ""
) -> Figure:
    """A line for each value of `by`, with a band between the columns `ends` unless there are too many lines.

    Args:
        table: the rows of each line in the order of `x`.
        by: column with the names of the lines; of a single line it is not shown.
        x: column of the horizontal axis.
        y: column of the vertical one.
        ends: columns with the ends of a band, NaN where there is none.
        labels: of the two axes.
        title: of the figure.
    """
    names = list(dict.fromkeys(table[by]))
    columns = 2 if max(len(str(name)) for name in names) < TWO_COLUMNS else 1
    figure, axes = new(legend_lines=-(-len(names) // columns) if len(names) > 1 else 0, title=title)
    for name, (colour, style) in zip(names, looks(len(names)), strict=True):
        part = table[table[by] == name]
        alone = len(part) == 1
        axes.plot(part[x], part[y], style, marker="o" if alone else "", color=colour, linewidth=1.5, label=str(name))
        if ends and len(names) <= MOST_BANDS and part[ends[0]].notna().any():
            low, high = (part[end].astype(float) for end in ends)
            if alone:
                axes.plot([part[x].iloc[0]] * 2, [low.iloc[0], high.iloc[0]], "-", color=colour)
            else:
                axes.fill_between(part[x], low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    if len(names) > 1:
        handles, _ = axes.get_legend_handles_labels()
        figure.legend(handles, [shortened(str(name), MOST_LETTERS) for name in names], loc="lower left", ncols=columns,
                      fontsize="small", handlelength=1.8, borderaxespad=0.1, labelspacing=0.3)  # fmt: skip
    return figure


def intervals(table: pd.DataFrame, name: str, value: str, label: str, line: float | None = None) -> Figure:
    """A dot for each row at its value, its interval as a line.

    Args:
        table: `name`, `value`, and the ends of the interval as in `drawn.Drawn`.
        name: column with the names.
        value: column with the values.
        label: of the horizontal axis.
        line: a value to compare with.
    """
    names = [shortened(str(text)) for text in table[name]]
    figure, axes = new(0.7 + 0.28 * len(table), 0.2 + LETTER_IN * max(map(len, names)))
    if line is not None:
        axes.axvline(line, color=FAINT, linewidth=1.2)
    for place, row in enumerate(table.to_dict("records")):
        low, high = row[f"{value} low"], row[f"{value} high"]
        if low is not None and not pd.isna(low):
            axes.plot([low, high], [place, place], color=COLOURS[0], linewidth=2)
        axes.plot(row[value], place, "o", color=COLOURS[0])
    axes.set_yticks(range(len(table)), names)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(label)
    return figure


def looks(count: int) -> list[tuple[str, str]]:
    """Colour and style of so many lines."""
    colours = cycle(COLOURS)
    return [(next(colours), STYLES[number // len(COLOURS) % len(STYLES)]) for number in range(count)]


def shortened(text: str, most: int = MOST_NAME) -> str:
    """A long name, its middle left out."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def svg(figure: Figure, number: int, described: str) -> str:
    """The figure as an element of a page, in its colours; the number keeps its ids apart from those of others."""
    from xml.sax.saxutils import escape, quoteattr

    content = io.StringIO()
    figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    element = content.getvalue().partition("<svg")[2]
    head, _, body = element.partition(">")
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    body = f"<title>{escape(described)}</title>{body}"
    body = TAGS.sub(rf"\g<1>f{number}-", body)
    body = body.replace(INK, "currentColor").replace(FAINT, "var(--faint)")
    width = round(figure.get_figwidth() * 96)
    return f'<svg{head} role="img" aria-label={quoteattr(described)} style="max-width:{width}px">{body.strip()}'
