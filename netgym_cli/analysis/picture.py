"""The picture of `netgym plot`: lines through numbers, and points beside each other for what has only names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from netgym_cli.analysis.lines import sortable
from netgym_cli.common.drawing import own_settings
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import replacing
from netgym_cli.config.schema import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png", ".pdf")
MARKED = 20  # a line of fewer points shows each of them
SPREAD = 0.6  # of the distance between two names: the room of the lines' points beside each other
MOST_INSIDE = 4  # lines of a legend that leaves room for them


def require_picture(path: Path) -> None:
    """Raises `ConfigError` for an unknown kind of picture."""
    require(path.suffix in SUFFIXES, "--output", str(path), f"a file name that ends in {', '.join(SUFFIXES)}")


@own_settings()
def draw(
    table: pd.DataFrame, x: str, y: str, legend: str, title: str, category: bool, path: Path, unit: str = "runs"
) -> None:
    """Draws the rows of `points` or `curves`.

    Args:
        table: the rows.
        x: name of the horizontal axis.
        y: name of the vertical one.
        legend: what the lines differ in; empty for one line.
        title: of the picture; may be empty.
        category: whether `x` has only names: their points are not joined.
        path: the file to write; its folder is made.
        unit: what the intervals are over.

    Raises:
        ConfigError: an unknown kind of picture, or a path that cannot be written to.
    """
    require_picture(path)
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "netgym", "font.size": 9}):
        write(figure_of(table, x, y, legend, title, category, unit), path)


def write(figure: Figure, path: Path) -> None:
    """Writes a figure to a file of a kind that `require_picture` takes. Raises `ConfigError` if it cannot."""
    metadata: dict[str, Any] | None = {"Date": None, "Creator": None} if path.suffix == ".svg" else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            figure.savefig(draft, dpi=150, metadata=metadata, format=path.suffix[1:])
    except OSError as error:
        raise ConfigError(f"cannot write '{path}': {error.strerror}; choose another by --output.") from error


def figure_of(
    table: pd.DataFrame, x: str, y: str, legend: str, title: str, category: bool, unit: str = "runs"
) -> Figure:
    """The same, not written. Arguments as for `draw`."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    lines = list(dict.fromkeys(table["by"]))
    outside = len(lines) > MOST_INSIDE
    figure = Figure(figsize=(8.5 if outside else 6, 3.4 + 0.12 * max(0, len(lines) - 12)), layout="constrained")
    axes = figure.subplots()
    colours = colormaps["tab10" if len(lines) <= 10 else "tab20"].colors  # type: ignore[attr-defined]
    names = sorted(set(table["x"]), key=sortable)
    for (line, part), colour, shift in zip(table.groupby("by", sort=False), colours, _shifts(len(lines)), strict=False):
        low, high, mean = (part[column].astype(float) for column in ("low", "high", "mean"))
        if category or len(part) == 1:
            where = [names.index(name) + shift for name in part["x"]] if category else part["x"]
            lengths = np.nan_to_num([mean - low, high - mean])
            axes.errorbar(where, mean, lengths, fmt="o", color=colour, capsize=3, label=str(line))
        else:
            axes.plot(part["x"], mean, marker="o" if len(part) < MARKED else "", color=colour, label=str(line))
            axes.fill_between(part["x"], low, high, color=colour, alpha=0.2, linewidth=0)
    if category:
        axes.set_xticks(range(len(names)), [str(name) for name in names])
        axes.set_xlim(-0.5, len(names) - 0.5)
    fewest, most = table["runs"].min(), table["runs"].max()
    over = f"{fewest} {unit}" if fewest == most else f"{fewest} to {most} {unit}"
    axes.set_xlabel(x)
    axes.set_ylabel(f"{y}\n(mean, 95 % interval over {over})" if most > 1 else y)
    axes.set_title(title, loc="left", fontsize="medium")
    if legend:
        place: dict[str, Any] = {"loc": "outside right upper", "fontsize": "small"} if outside else {}
        (figure if outside else axes).legend(title=legend.replace(", ", ",\n"), frameon=False, **place)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _shifts(count: int) -> Iterator[float]:
    """Where the points of each of so many lines stand beside a name."""
    for number in range(count):
        yield SPREAD * (number - (count - 1) / 2) / max(count, 1)
