"""Paths of packets: through a bottleneck, between agent and environment, and over a channel step by step."""

from collections.abc import Sequence
from typing import Any

import gymnasium
from draw_style import BLUE, GREEN, GREY, ORANGE, Config
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from netgym_cli.channels.base import Arrival, Channel
from netgym_cli.traces.bw_trace import read_bw_trace
from netgym_cli.wrappers.channel_configs import channel_config
from netgym_cli.wrappers.networked_env import NetworkedEnv


def dumbbell(axes: Axes, left: Sequence[str], right: Sequence[str], queue: str, link: str, back: str) -> None:
    """Senders, one bottleneck with a queue in front of it, receivers; `back`, if any, says what comes back."""
    axes.set_xlim(0, 10)
    axes.set_ylim(-1.15, 1.25)
    axes.axis("off")
    for x, texts in ((1.1, left), (8.9, right)):
        inner = 3.3 if x < 5 else 6.9
        for k, text in enumerate(texts):
            y = 0.62 * ((len(texts) - 1) / 2 - k)
            none = text.startswith("0 ")
            colour = GREY if none else BLUE
            axes.plot([x, inner], [y, 0], color=colour, linestyle=":" if none else "-", zorder=1)
            box(axes, x, y, 2.0, text, colour)
    axes.plot([3.3, 6.9], [0, 0], color=ORANGE, linewidth=5, zorder=1, solid_capstyle="butt")
    for x in (3.3, 6.9):
        axes.plot([x], [0], "o", color=ORANGE, markersize=15, zorder=2)
    for k in range(4):
        axes.add_patch(Rectangle((3.55 + 0.16 * k, -0.17), 0.12, 0.34, facecolor="white", edgecolor=ORANGE, zorder=3))
    axes.text(3.85, -0.3, queue, ha="center", va="top", color=ORANGE)
    axes.text(5.3, 0.16, link, ha="center", va="bottom", color=ORANGE)
    if not back:
        return
    axes.annotate("", (3.3, -0.82), (6.9, -0.82), arrowprops={"arrowstyle": "->", "color": GREY})
    axes.text(5.1, -0.88, back, ha="center", va="top", color="#666666")


def box(axes: Axes, x: float, y: float, width: float, text: str, colour: str) -> None:
    """A labelled box around (x, y)."""
    style = FancyBboxPatch((x - width / 2, y - 0.2), width, 0.4, boxstyle="round,pad=0.04", mutation_aspect=0.5,
                           facecolor="white", edgecolor=colour, zorder=2)  # fmt: skip
    axes.add_patch(style)
    axes.text(x, y, text, ha="center", va="center", color=colour, zorder=3)


def rmcat(env: Config) -> Figure:
    """A dumbbell, and the trace's bandwidth."""
    figure, (top, below) = plt.subplots(2, figsize=(8, 4.6), height_ratios=[3, 2], layout="constrained")
    counts = [(env[f"{key}_flows"], name) for key, name in (("nada", "media"), ("tcp", "TCP"), ("udp", "UDP"))]
    left = [f"{count} {name} sender{'' if count == 1 else 's'}" for count, name in counts]
    right = [f"{count} {name} receiver{'' if count == 1 else 's'}" for count, name in counts]
    queue = f"drop-tail queue\n{env['queue_bytes']} bytes"
    trace = env["bw_trace_file"]
    columns = read_bw_trace(trace, "env.bw_trace_file") if trace else {
        "time_ms": [0], "bw_kbps": [env["topo_default_bw_kbps"]], "delay_ms": [env["topo_default_delay_ms"]]
    }  # fmt: skip
    delays = sorted({round(delay) for delay in columns["delay_ms"]})
    delay = f"{delays[0]}" if len(delays) == 1 else f"{delays[0]} to {delays[-1]}"
    back = f"feedback every {env['nada']['DELTA_ms']} ms, TCP acknowledgements; never congested"
    dumbbell(top, left, right, queue, f"rate by the trace, {delay} ms", back)
    end_s = env["steps_per_episode"] * env["episodes_per_session"] * env["measurement_interval_ms"] / 1000
    times = [time / 1000 for time in columns["time_ms"]] + [end_s]
    rates = [rate / 1000 for rate in columns["bw_kbps"]]
    below.step(times, [*rates, rates[-1]], where="post", color=ORANGE, label=f"bottleneck: trace '{trace}'")
    below.axhline(env["max_rate_kbps"] / 1000, color=BLUE, linestyle="--", label="highest rate of a media flow")
    below.axhline(env["min_rate_kbps"] / 1000, color=BLUE, linestyle=":", label="lowest rate of a media flow")
    below.set_xlim(0, end_s)
    below.set_ylim(0, 1.1 * max(*rates, env["max_rate_kbps"] / 1000))
    below.set_xlabel("time since measurement started, s")
    below.set_ylabel("Mbit/s")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def custom(env: Config) -> Figure:
    """A dumbbell."""
    figure, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
    count = env["num_users"]
    users = list(range(1, count + 1)) if count <= 4 else [1, 2, "...", count]
    left = [f"UDP sender {user}" if user != "..." else "..." for user in users]
    right = [f"user {user}" if user != "..." else "..." for user in users]
    link = f"{env['bottleneck_mbps']:g} Mbit/s, {env['bottleneck_delay_ms']:g} ms"
    dumbbell(axes, left, right, f"queue\n{env['queue_packets']} packets", link, "")
    return figure


def distributed_training(env: Config) -> Figure:
    """A round of every node: steps, an exchange, the same model for all."""
    figure, axes = plt.subplots(figsize=(8, 3.0), layout="constrained")
    axes.set_xlim(0, 10)
    axes.set_ylim(-1.7, 1.7)
    axes.axis("off")
    steps = env["strategy"]["local_steps"]
    names = [f"node {node}" for node in (0, 1)] + ["...", f"node {env['nodes'] - 1}"]
    for k, name in enumerate(names):
        y = 1.2 - 0.8 * k
        axes.text(0.1, y, name, va="center", color="#666666")
        if name == "...":
            continue
        for step in range(5):
            axes.add_patch(Rectangle((1.3 + 0.42 * step, y - 0.17), 0.34, 0.34, facecolor=BLUE, alpha=0.7))
        axes.annotate("", (4.6, 0), (3.6, y), arrowprops={"arrowstyle": "->", "color": ORANGE})
        axes.annotate("", (8.0, y), (6.9, 0), arrowprops={"arrowstyle": "->", "color": ORANGE})
        axes.add_patch(Rectangle((8.1, y - 0.17), 1.0, 0.34, facecolor=GREEN, alpha=0.7))
    box(axes, 5.75, 0, 2.2, f"{env['topology']}, {env['link']}, {env['network']}", ORANGE)
    axes.text(2.3, -1.55, f"{steps} steps of each node for itself", ha="center", color=BLUE)
    axes.text(5.75, -0.45, "messages", ha="center", va="top", color=ORANGE)
    axes.text(8.6, -1.55, f"{env['strategy']['name']}: one model", ha="center", color=GREEN)
    return figure


def gym(env: Config) -> Figure:
    """The loop of agent and environment, with a channel each way."""
    figure, axes = plt.subplots(figsize=(8, 2.4), layout="constrained")
    axes.set_xlim(0, 10)
    axes.set_ylim(-1.2, 1.2)
    axes.axis("off")
    for start, end in (
        ((1.5, 0.2), (3.6, 0.7)),
        ((6.4, 0.7), (8.4, 0.2)),
        ((8.4, -0.2), (6.4, -0.7)),
        ((3.6, -0.7), (1.5, -0.2)),
    ):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": GREY})
    box(axes, 1.4, 0, 2.4, f"{env['id']}", BLUE)
    box(axes, 8.6, 0, 2.2, "agent", GREEN)
    box(axes, 5, 0.7, 2.8, "channel: observations", ORANGE)
    box(axes, 5, -0.7, 2.8, "channel.action: actions", ORANGE)
    axes.text(2.3, 0.75, "every observation", ha="center", color="#666666")
    axes.text(7.75, 0.75, "window of what arrived", ha="center", color="#666666")
    axes.text(7.75, -0.85, "every action", ha="center", color="#666666")
    axes.text(2.3, -0.85, "the newest that arrived", ha="center", color="#666666")
    return figure


def channels() -> Figure:
    """Packets over a real link, and what the agent sees of them in each step."""
    steps, size = 14, 6
    link = {"bandwidth_mbps": None, "propagation_delay_ms": 22, "jitter_ms": 18, "loss": 0.2, "reordering": True}
    config = channel_config("link", buffer_size=size, **link)
    env = NetworkedEnv(gymnasium.make("MountainCar-v0"), channel_config=config, step_ms=20)
    sends, masks = Spy(env.channel), []
    observation, _ = env.reset(seed=4)
    for _ in range(steps):
        masks.append(observation["recv_mask"])
        observation, *_ = env.step(0)
    figure, (top, below) = plt.subplots(2, figsize=(8, 4.2), sharex=True, layout="constrained", height_ratios=[3, 4])
    for packet in range(steps):
        arrival = sends.arrivals.get(packet)
        sent = packet * 20
        if arrival is None:
            top.plot([sent, sent + 6], [1, 0.72], color=ORANGE)
            top.plot([sent + 6], [0.72], "x", color=ORANGE)
        elif arrival < steps * 20:
            top.annotate("", (arrival, 0), (sent, 1), arrowprops={"arrowstyle": "->", "color": BLUE})
    top.set_yticks([0, 1], ["agent", "environment"])
    top.set_ylim(-0.1, 1.1)
    for step, mask in enumerate(masks):
        for place, arrived in enumerate(mask):
            made = step - size + 1 + place
            face = BLUE if arrived else "white"
            below.add_patch(
                Rectangle((20 * step + 4, place - 0.4), 12, 0.8, facecolor=face, edgecolor=GREY, alpha=0.75)
            )
            if made >= 0:
                below.text(20 * step + 10, place, str(made), ha="center", va="center", fontsize=7,
                           color="white" if arrived else "#666666")  # fmt: skip
    below.set_yticks(range(size), [str(place - size) for place in range(size)])
    below.set_ylim(-0.6, size - 0.4)
    below.set_ylabel("place in the window")
    below.set_xlabel("time, ms (a step lasts 20 ms)")
    below.set_xlim(0, 20 * steps)
    for axes in (top, below):
        axes.set_xticks(range(0, 20 * steps + 1, 20))
        axes.grid(axis="x", alpha=0.3)
    return figure


class Spy:
    """Notes when each packet of a channel arrives."""

    def __init__(self, channel: Channel[Any]) -> None:
        self.arrivals: dict[int, float] = {}
        advance = channel.advance

        def noted(to_ms: float) -> list[Arrival]:
            arrived = advance(to_ms)
            self.arrivals |= {one.packet: one.arrived_ms for one in arrived}
            return arrived

        channel.advance = noted  # type: ignore[method-assign]
