"""The map of a network: where its sites stand, in which area users walk, and where they have walked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AREA = "user_location_range"
# Source and name of the measurements of where a user is, m.
POSITIONS = (("gma", "x_loc"), ("gma", "y_loc"), ("user", "x_loc"), ("user", "y_loc"))
MARGIN = 0.06  # around a map, as a share of its width
# Key of the config with one site or a list of them: what it is, its short name, marker, colour, key of its radio.
SITES: Mapping[str, tuple[str, str, str, str, str | None]] = {
    "lte_enb_locations": ("LTE base station", "LTE", "^", "#0072b2", "lte"),
    "nr_gnb_locations": ("NR base station", "NR", "s", "#d55e00", "nr"),
    "wifi_ap_locations": ("Wi-Fi access point", "AP", "o", "#009e73", "wifi"),
    "cell_locations": ("small cell", "cell", "o", "#009e73", None),
}
TRACK_COLOURS = "tab10"


def sites(env: Mapping[str, Any]) -> pd.DataFrame:
    """The sites in an environment's config: `kind`, `label`, `x_m`, `y_m`, `tx_power_dbm` (NaN if a cell chooses it).

    Args:
        env: the plain config of an environment; of one without places there is no row.
    """
    rows = []
    for key, (kind, short, _, _, radio) in SITES.items():
        places = env.get(key) or []
        places = [places] if isinstance(places, Mapping) else places
        power = (env.get(radio) or {}).get("tx_power_dbm") if radio else None
        for number, place in enumerate(places, 1):
            label = f"{short} {number}" if len(places) > 1 else short
            row = {"kind": kind, "label": label, "x_m": float(place["x_m"]), "y_m": float(place["y_m"])}
            rows.append(row | {"tx_power_dbm": float("nan") if power is None else float(power)})
    return pd.DataFrame(rows, columns=["kind", "label", "x_m", "y_m", "tx_power_dbm"])


def has_map(env: Mapping[str, Any]) -> bool:
    """Whether the environment's config says where things are."""
    return isinstance(env.get(AREA), Mapping) and not sites(env).empty


def map_figure(env: Mapping[str, Any], tracks: pd.DataFrame | None = None, width_in: float = 6.4) -> Figure:
    """The map as a figure of its own. Arguments as for `draw_map`; the height follows from the area."""
    from matplotlib.figure import Figure

    area = env[AREA]
    wide, deep = area["max_x_m"] - area["min_x_m"], area["max_y_m"] - area["min_y_m"]
    height = 1.5 + (width_in - 0.8) * min(1.2, max(0.15, deep / wide if wide else 1.0) + 2 * MARGIN)
    figure = Figure(figsize=(width_in, height), layout="constrained")
    axes = figure.subplots()
    draw_map(axes, env, tracks)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize="small")
    return figure


def draw_map(axes: Axes, env: Mapping[str, Any], tracks: pd.DataFrame | None = None) -> None:
    """Draws sites, the area in which users walk, and tracks.

    Args:
        axes: where to.
        env: the plain config of an environment that `has_map`.
        tracks: `user`, `x_m`, `y_m`, the rows of each user in the order of time; None: nobody has walked yet.
    """
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import MaxNLocator

    area = env[AREA]
    left, right, bottom, top = (area[key] for key in ("min_x_m", "max_x_m", "min_y_m", "max_y_m"))
    axes.add_patch(
        Rectangle((left, bottom), right - left, top - bottom, facecolor="#c8b87a", alpha=0.22, label=_users(env))
    )
    places = sites(env)
    for kind, part in places.groupby("kind", sort=False):
        _, _, marker, colour, _ = next(style for style in SITES.values() if style[0] == kind)
        power = part["tx_power_dbm"].iloc[0]
        label = str(kind) if pd.isna(power) else f"{kind}, {power:g} dBm"
        axes.plot(part["x_m"], part["y_m"], marker, color=colour, markersize=8, clip_on=False, zorder=4, label=label)
        for site in part.itertuples():
            axes.annotate(str(site.label), (float(site.x_m), float(site.y_m)), (0, 7), textcoords="offset points",
                          ha="center", color=colour, fontsize="small", zorder=5)  # fmt: skip
    _draw_tracks(axes, tracks)
    margin = MARGIN * max(right - left, 1)
    axes.set_xlim(min(left, *places["x_m"]) - margin, max(right, *places["x_m"]) + margin)
    axes.set_ylim(min(bottom, *places["y_m"]) - margin, max(top, *places["y_m"]) + 2 * margin)
    axes.set_aspect("equal")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("x, m")
    axes.set_ylabel("y, m")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_tracks(axes: Axes, tracks: pd.DataFrame | None) -> None:
    from matplotlib import colormaps

    if tracks is None or tracks.empty:
        return
    colours = colormaps[TRACK_COLOURS].colors  # type: ignore[attr-defined]
    for number, (user, part) in enumerate(tracks.groupby("user", sort=True)):
        colour = colours[number % len(colours)]
        axes.plot(part["x_m"], part["y_m"], "-", color=colour, linewidth=1.2, zorder=3)
        axes.plot(part["x_m"].iloc[-1:], part["y_m"].iloc[-1:], ".", color=colour, zorder=3)
        axes.annotate(str(user), (float(part["x_m"].iloc[-1]), float(part["y_m"].iloc[-1])), (4, 2),
                      textcoords="offset points", color=colour, fontsize="small", zorder=5)  # fmt: skip


def _users(env: Mapping[str, Any]) -> str:
    slices = env.get("per_slice_config")
    counted = slices.get("num_users") if isinstance(slices, Mapping) else env.get("num_users")
    total = sum(counted) if isinstance(counted, list) else counted
    return "area of the users" if total is None else f"{total} users walk here"
