"""The figures of a report, all in one style: small enough for a telephone, in colours for light and dark pages."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN = 5.0, 2.9
# Colours for eyes of all kinds (Wong 2011, "Points of view: Color blindness"), and further ones for more lines.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#c98a00", "#56b4e9", "#8c6d5a", "#7a7ad0", "#6b8e23", "#b0305c")
STYLES = ("-", "--", ":")
INK, FAINT = "#1b1b1c", "#a9a9aa"  # replaced by the page's own colours
SETTINGS: Mapping[str, Any] = {
    "svg.hashsalt": "netgym", "svg.fonttype": "none", "font.size": 9, "font.family": "DejaVu Sans",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": INK, "axes.labelcolor": INK,
    "text.color": INK, "xtick.color": INK, "ytick.color": INK, "axes.grid": True, "grid.color": FAINT,
    "grid.alpha": 0.35, "legend.frameon": False, "axes.titlesize": "medium", "axes.titlelocation": "left",
    "axes.axisbelow": True, "path.simplify": True, "text.parse_math": False,
}  # fmt: skip
TAGS = re.compile(r'\b(id="|href="#|url\(#)')


def new(height: float = HEIGHT_IN, width: float = WIDTH_IN) -> tuple[Figure, Axes]:
    """An empty figure with one pair of axes; inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="none")
    axes = figure.subplots()
    axes.set_facecolor("none")
    return figure, axes


def lines(
    table: pd.DataFrame, by: str, x: str, y: str, ends: tuple[str, str] | None, labels: tuple[str, str], title: str = ""
) -> Figure:
    """A line for each value of `by`, with a band between the columns `ends`.

    Args:
        table: the rows of each line in the order of `x`.
        by, x, y: columns; of a single line its name is not shown.
        ends: columns with the ends of a band, NaN where there is none.
        labels: of the two axes.
        title: of the figure.
    """
    names = list(dict.fromkeys(table[by]))
    figure, axes = new(HEIGHT_IN + 0.17 * ((len(names) + 1) // 2 if len(names) > 1 else 0))
    for name, (colour, style) in zip(names, looks(len(names)), strict=True):
        part = table[table[by] == name]
        alone = len(part) == 1
        axes.plot(part[x], part[y], style, marker="o" if alone else "", color=colour, linewidth=1.5, label=str(name))
        if ends and part[ends[0]].notna().any():
            low, high = (part[end].astype(float) for end in ends)
            if alone:
                axes.plot([part[x].iloc[0]] * 2, [low.iloc[0], high.iloc[0]], "-", color=colour)
            else:
                axes.fill_between(part[x], low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.set_title(title)
    legend(figure, axes, len(names))
    return figure


def intervals(table: pd.DataFrame, name: str, value: str, label: str, line: float | None = None) -> Figure:
    """A dot for each row at its value, its interval as a line.

    Args:
        table: `name`, `value`, and the ends of the interval as in `drawn.Drawn`.
        name, value: columns.
        label: of the horizontal axis.
        line: a value to compare with.
    """
    figure, axes = new(0.8 + 0.3 * len(table))
    if line is not None:
        axes.axvline(line, color=FAINT, linewidth=1.2)
    for place, row in enumerate(table.to_dict("records")):
        low, high = row[f"{value} low"], row[f"{value} high"]
        if low is not None and not pd.isna(low):
            axes.plot([low, high], [place, place], color=COLOURS[0], linewidth=2)
        axes.plot(row[value], place, "o", color=COLOURS[0])
    axes.set_yticks(range(len(table)), [shortened(str(text)) for text in table[name]])
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(label)
    return figure


def looks(count: int) -> list[tuple[str, str]]:
    """Colour and style of so many lines."""
    colours = cycle(COLOURS)
    return [(next(colours), STYLES[number // len(COLOURS) % len(STYLES)]) for number in range(count)]


def legend(figure: Figure, axes: Axes, count: int) -> None:
    """Names the lines under the axes if there are several."""
    if count > 1:
        handles, names = axes.get_legend_handles_labels()
        columns = 2 if max(map(len, names)) < 30 else 1
        figure.legend(handles, [shortened(name, 60) for name in names], loc="outside lower left", ncols=columns,
                      fontsize="small", handlelength=1.8)  # fmt: skip


def shortened(text: str, most: int = 34) -> str:
    """A long name, its middle left out."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def svg(figure: Figure, number: int, described: str) -> str:
    """The figure as an element of a page, in the page's colours; the number keeps its ids apart from those of others."""
    from xml.sax.saxutils import escape, quoteattr

    content = io.StringIO()
    figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    element = content.getvalue().partition("<svg")[2]
    head, _, body = element.partition(">")
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    body = re.sub(r"<metadata>.*?</metadata>", f"<title>{escape(described)}</title>", body, flags=re.DOTALL)
    body = TAGS.sub(rf"\g<1>f{number}-", body)
    body = body.replace(INK, "currentColor").replace(FAINT, "var(--faint)")
    width = round(figure.get_figwidth() * 96)
    return f'<svg{head} role="img" aria-label={quoteattr(described)} style="max-width:{width}px">{body.strip()}'


def merged_names(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
