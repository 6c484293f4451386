"""Maps: where the sites of a network stand, where users walk, and what of the radio belongs to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from netgym_cli.analysis.picture import require_picture, write
from netgym_cli.common.drawing import own_settings
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import EnvConfig, plain
from netgym_cli.envs.multi_access.config import RBG_NUM

Config = dict[str, Any]
Track = Sequence[tuple[float, float]]  # a user's places one after the other: x and y, m
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#8c5fa8", "#9a9a9a"
STYLE: Any = {
    "svg.hashsalt": "netgym", "font.size": 9, "font.family": "DejaVu Sans", "axes.spines.top": False,
    "axes.spines.right": False, "legend.frameon": False, "hatch.linewidth": 0.8,
}  # fmt: skip
Kind = tuple[str, str, str, str, list[Config], str]  # of sites: name, label, marker, colour, places, power
SLICES = (BLUE, ORANGE, GREEN, PURPLE, "#56b4e9", "#e69f00", "#cc79a7", "#5a5a5a")  # at most 8 slices
KINDS: dict[str, Config] = {
    "dedicated": {"alpha": 1.0},
    "prioritized": {"alpha": 0.55, "hatch": "///", "edgecolor": "white"},
    "shared": {"alpha": 0.2},
}
MARGIN = 0.06  # around a map, as a share of its width


def figure_of(env: Config, tracks: Mapping[int, Track] | None = None) -> Figure:
    """The map of an environment's network.

    Args:
        env: its plain config.
        tracks: id of a user to the places where it was measured, such as `gma::x_loc` and `gma::y_loc` of stats.parquet
            step by step; None: only the area in which users walk is drawn.

    Raises:
        ConfigError: its network has no places.
    """
    with own_settings(), rc_context(STYLE):
        if "cell_locations" in env:
            figure = energy_saving(env)
        elif "lte_enb_locations" in env:
            slices = env["per_slice_config"]
            own = any(slices["dedicated_rbg"]) or any(slices["prioritized_rbg"])
            figure = network_slicing(env) if own else multi_access(env)
        else:
            raise ConfigError(f"env '{env['name']}' has no map: nothing in its config has a place.")
        draw_tracks(figure.axes[0], tracks or {})
    return figure


def draw(config: EnvConfig, path: Path, tracks: Mapping[int, Track] | None = None) -> None:
    """Writes `figure_of` as .svg, .png or .pdf. Raises `ConfigError` as that, and for a bad path."""
    require_picture(path)
    figure = figure_of(plain(config), tracks)
    with own_settings(), rc_context(STYLE):
        write(figure, path)


def draw_tracks(axes: Axes, tracks: Mapping[int, Track]) -> None:
    """The ways of users as thin lines, with their ids where they ended."""
    for user, track in tracks.items():
        xs, ys = zip(*track, strict=True)
        axes.plot(xs, ys, color=GREY, linewidth=0.7, zorder=2)
        axes.plot(xs[-1:], ys[-1:], ".", color="#333333", zorder=2)
        axes.annotate(f"{user}", (xs[-1], ys[-1]), (3, 2), textcoords="offset points", color="#333333", zorder=4)


def multi_access_map(axes: Axes, env: Config) -> None:
    """The sites of the three links and the area in which users walk."""
    kinds = (
        ("LTE base station", "LTE", "^", BLUE, [env["lte_enb_locations"]], f"{env['lte']['tx_power_dbm']:g} dBm"),
        ("NR base station", "NR", "s", ORANGE, env["nr_gnb_locations"], f"{env['nr']['tx_power_dbm']:g} dBm"),
        ("Wi-Fi access point", "AP", "o", GREEN, env["wifi_ap_locations"], f"{env['wifi']['tx_power_dbm']:g} dBm"),
    )
    users = sum(env["per_slice_config"]["num_users"])
    draw_map(axes, env, users, [kind for kind in kinds if kind[4]])


def draw_map(axes: Axes, env: Config, users: int, kinds: Sequence[Kind]) -> None:
    """Sites on the area of `user_location_range`."""
    area = env["user_location_range"]
    left, right, bottom, top = (area[key] for key in ("min_x_m", "max_x_m", "min_y_m", "max_y_m"))
    axes.add_patch(
        Rectangle((left, bottom), right - left, top - bottom, facecolor="#f1ecdf", edgecolor="#cfc5a5",
                  label=walkers(env, users))
    )  # fmt: skip
    for name, label, marker, colour, places, power in kinds:
        xs, ys = [place["x_m"] for place in places], [place["y_m"] for place in places]
        axes.plot(xs, ys, marker, color=colour, markersize=9, clip_on=False, zorder=3, label=f"{name}, {power}")
        for number, (x, y) in enumerate(zip(xs, ys, strict=True), 1):
            text = f"{label} {number}" if len(places) > 1 else label
            axes.annotate(text, (x, y), (0, 8), textcoords="offset points", ha="center", color=colour, zorder=4)
    xs = [place["x_m"] for kind in kinds for place in kind[4]]
    ys = [place["y_m"] for kind in kinds for place in kind[4]]
    margin = MARGIN * (right - left)
    axes.set_xlim(min(left, *xs) - margin, max(right, *xs) + margin)
    axes.set_ylim(min(bottom, *ys) - margin, max(top, *ys) + margin)
    axes.set_aspect("equal")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("x, m")
    axes.set_ylabel("y, m")


def walkers(env: Config, users: int) -> str:
    """How many users there are, and how fast they walk."""
    walk = env["user_random_walk"]
    slowest, fastest = walk["min_speed_mps"], walk["max_speed_mps"]
    who = "1 user" if users == 1 else f"{users} users"
    if not fastest:
        return f"{who}, not walking"
    speed = f"{fastest:g}" if slowest == fastest else f"{slowest:g} to {fastest:g}"
    return f"{who} at {speed} m/s"


def legend_below(figure: Figure, axes: Axes) -> None:
    """The map's legend in one row under it."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=len(labels),
        columnspacing=1.0,
        handlelength=1.5,
        handletextpad=0.5,
    )


def multi_access(env: Config) -> Figure:
    """A map."""
    figure = Figure(figsize=(8, map_height(env)), layout="constrained")
    axes = figure.subplots()
    multi_access_map(axes, env)
    legend_below(figure, axes)
    return figure


def energy_saving(env: Config) -> Figure:
    """A map of small cells."""
    figure = Figure(figsize=(8, map_height(env)), layout="constrained")
    axes = figure.subplots()
    power = "asleep or at " + " or ".join(f"{level:g}" for level in env["tx_power_levels_dbm"]) + " dBm"
    draw_map(axes, env, env["num_users"], [("small cell", "cell", "o", GREEN, env["cell_locations"], power)])
    legend_below(figure, axes)
    return figure


def network_slicing(env: Config) -> Figure:
    """A map, and which resource block groups each slice may use."""
    slices = env["per_slice_config"]
    heights = [map_height(env) - 0.5, 0.8 + 0.35 * len(slices["num_users"])]
    figure = Figure(figsize=(8, sum(heights) + 0.6), layout="constrained")
    top, bar = figure.subplots(2, height_ratios=heights)
    multi_access_map(top, env)
    top.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    groups, at = RBG_NUM[env["lte"]["resource_block_num"]], 0
    for row, users in enumerate(slices["num_users"]):
        own = {kind: slices[f"{kind}_rbg"][row] for kind in KINDS}
        if own["shared"]:
            bar.barh(row, groups, color=SLICES[row], height=0.7, **KINDS["shared"])
        for kind in ("dedicated", "prioritized"):
            bar.barh(row, own[kind], left=at, color="white", height=0.7)
            bar.barh(row, own[kind], left=at, color=SLICES[row], height=0.7, **KINDS[kind])
            if own[kind]:
                bar.text(at + own[kind] / 2, row, f" {own[kind]} {kind} ", ha="center", va="center", zorder=4,
                         bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
            at += own[kind]
        bar.text(groups + 0.4, row, f"up to {min(own['shared'], groups)} shared", va="center", color=SLICES[row])
        bar.text(-0.4, row, f"slice {row}, {users} users", ha="right", va="center", color=SLICES[row])
    bar.set_xlim(0, groups)
    bar.set_xticks(range(0, groups + 1, 5 if groups > 12 else 1))
    bar.set_yticks([])
    bar.invert_yaxis()
    bar.spines["left"].set_visible(False)
    bar.set_xlabel(f"resource block groups of the LTE carrier ({groups})")
    bar.legend(
        handles=[Patch(facecolor=GREY, label=label, **style) for label, style in zip(
            ("dedicated: its own, even when idle", "prioritized: first claim, the rest is lent",
             "shared: what others leave"), KINDS.values(), strict=True)],
        loc="upper center", bbox_to_anchor=(0.5, -0.35), ncols=3,
    )  # fmt: skip
    return figure


def map_height(env: Config) -> float:
    """Height of a picture with a map of the config's area, inches."""
    area = env["user_location_range"]
    width, depth = area["max_x_m"] - area["min_x_m"], area["max_y_m"] - area["min_y_m"]
    return float(1.2 + 7.2 * (depth / width + 2 * MARGIN) / (1 + 2 * MARGIN))
