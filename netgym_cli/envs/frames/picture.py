"""The measurements of one moment as a picture: bars for each kind of them, and a map, drawn without a display."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netgym_cli.common.drawing import own_settings
from netgym_cli.envs.frames.shown import by_kind, positions, title
from netgym_cli.simulators.stats import Row, Stats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_INCHES, DPI = (6.4, 4.8), 100  # 640 x 480 pixels
PLACES = ((0.10, 0.55), (0.60, 0.55), (0.10, 0.08), (0.60, 0.08))  # lower left corners of the panels, in the picture
PANEL = (0.37, 0.31)
WIDTH = 0.8  # of the bars of one entity


@own_settings()
def pixels_of(stats: Stats, heading: str) -> np.ndarray:
    """The picture, uint8 of shape `(480, 640, 3)`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, dpi=DPI)
    canvas: Any = FigureCanvasAgg(figure)
    figure.text(0.02, 0.96, heading, fontsize=9, va="center")
    panels = [*((kind, rows) for kind, rows in by_kind(stats).items()), *([("map", [])] if positions(stats) else [])]
    for (kind, rows), corner in zip(panels[-len(PLACES) :], PLACES, strict=False):
        axes = figure.add_axes((*corner, *PANEL))
        axes.tick_params(labelsize=7)
        if kind == "map":
            _draw_map(axes, stats)
        else:
            _draw_bars(axes, rows, stats)
    canvas.draw()
    return np.array(np.asarray(canvas.buffer_rgba())[..., :3])


def _draw_bars(axes: Axes, rows: list[Row], stats: Stats) -> None:
    ids = sorted({id for row in rows for id in row.ids})
    for number, row in enumerate(rows):
        where = np.searchsorted(ids, row.ids) + WIDTH * ((number + 0.5) / len(rows) - 0.5)
        axes.bar(where, stats[row.key], WIDTH / len(rows), label=title(row))
    axes.set_xticks(range(len(ids)), [str(id) for id in ids])
    axes.legend(fontsize=6, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0, ncols=2)


def _draw_map(axes: Axes, stats: Stats) -> None:
    places = positions(stats)
    points: Any = axes.plot([place.x_m for place in places], [place.y_m for place in places], "o")
    for place in places:
        axes.annotate(str(place.id), (place.x_m, place.y_m), (4, 4), textcoords="offset points", fontsize=7)
    axes.set_title("places, m", fontsize=7, loc="left")
    points[0].set_markersize(4)
