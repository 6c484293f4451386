"""What `netgym data show` prints, from what `describe` found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from netgym_cli.datasets.tools.metadata import counted, printable

WIDTH = 40  # of the longest bar, in characters
EIGHTHS = " ▏▎▍▌▋▊▉"
SHOWN = 24  # rows of the table of actions


def about_lines(found: dict[str, Any]) -> Iterator[str]:
    """Who made the dataset, how large it is, what its entries are."""
    size = f", {found['size_mb']:.3g} MB" if isinstance(found["size_mb"], int | float) else ""
    yield f"{found['id']}: {counted(found['episodes'], 'episode')}, {counted(found['steps'], 'step')}{size}"
    yield f"folder: {found['path']} ({found['data_format']})"
    if found["complete"] is False:
        merged = "a dataset that it was merged from was not"
        why = merged if found["sources"] else "the command that collected it goes on where it stopped"
        yield f"not complete: {why}"
    if found["waiting"] or found["half_written"]:
        whole = counted(found["waiting"], "whole episode")
        yield f"not taken in yet: {whole}; half-written, never read: {found['half_written']}"
    for key in ("env", "agent", "channel", "action_source", "licence", "started_at", "ended_at"):
        if found[key]:
            yield f"{key.replace('_', ' ')}: {printable(found[key])}"
    if found["command"]:
        yield f"command: {printable(' '.join(map(str, found['command'])))}"
    if found["versions"]:
        yield "versions: " + printable(", ".join(f"{name} {of}" for name, of in found["versions"].items() if of))
    if found["sources"]:
        yield "merged from: " + printable(", ".join(found["sources"]))
    if "seeds" in found:
        yield f"seeds: {ranges(found['seeds']) or 'not noted'}"
    yield f"observation: {found['observation_space']}"
    yield f"action: {found['action_space']}"


def result_lines(found: dict[str, Any]) -> Iterator[str]:
    """What it earned; nothing if it is empty."""
    if "return" not in found:
        return
    yield ""
    yield f"return per episode: {_interval(found['return'], found['samples'])}"
    yield f"reward per step:    {_interval(found['reward'], found['samples'])}"
    share = found["default_action"]
    yield f"default algorithm:  {'not noted' if share is None else f'{share:.1%} of the steps'}"
    yield ""
    yield "episodes by return"
    yield from histogram(found["returns"]["edges"], found["returns"]["counts"])
    yield ""


def action_table(actions: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table of actions, the first 24 dimensions of it."""
    rows = []
    for one in actions[:SHOWN]:
        if "counts" in one:
            total = max(sum(one["counts"].values()), 1)
            taken = [f"{choice}: {count / total:.1%}" for choice, count in list(one["counts"].items())[:10]]
            more = f", and {len(one['counts']) - 10} more" if len(one["counts"]) > 10 else ""
            rows.append([one["name"], ", ".join(taken) + more])
        else:
            visited = "no bounds" if one["visited"] is None else f"{one['visited']:.0%}"
            rows.append([one["name"], *(f"{value:.4g}" for value in one["quantiles"]), visited])
    if len(actions) > SHOWN:
        rows.append([f"and {len(actions) - SHOWN} more: --json"])
    if all("counts" in one for one in actions):
        return ["action", "share of steps per choice"], rows
    heads = ["action", "min", "5 %", "50 %", "95 %", "max", "range visited"]
    return heads, [row + [""] * (len(heads) - len(row)) for row in rows]


def histogram(edges: list[float], counts: list[int]) -> Iterator[str]:
    """A line per bin: its ends, in so many digits that they differ, a bar, its count."""
    most = max(counts, default=0)
    ends = _told_apart(edges)
    width = max(map(len, ends), default=0)
    for place, count in enumerate(counts):
        eighths = round(8 * WIDTH * count / most) if most else 0
        bar = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
        last = f" to {ends[place + 1]:>{width}}" if ends[place + 1] != ends[place] else ""
        yield f"  {ends[place]:>{width}}{last}  {bar:<{WIDTH}} {count}"


def _told_apart(edges: list[float]) -> list[str]:
    """The edges in four digits, or in as many more as tell neighbours apart; two that are rounding apart stay alike."""
    for digits in range(4, 13):
        ends = [f"{edge:.{digits}g}" for edge in edges]
        if all(one != other for one, other in pairwise(ends)):
            return ends
    return [f"{edge:.4g}" for edge in edges]


def ranges(seeds: list[int]) -> str:
    """Ascending numbers, those in a row as `first..last`."""
    found: list[list[int]] = []
    for seed in seeds:
        if found and seed == found[-1][1] + 1:
            found[-1][1] = seed
        else:
            found.append([seed, seed])
    shown = [f"{first}" if first == last else f"{first}..{last}" for first, last in found[:SHOWN]]
    return ", ".join([*shown, "..."] if len(found) > SHOWN else shown)


def _interval(estimate: dict[str, Any] | None, samples: str) -> str:
    if estimate is None:
        return "not finite"
    mean, low, high = estimate["mean"], estimate["low"], estimate["high"]
    if low is None:
        return f"{mean:.4g} (one of the {samples} only: no interval)"
    of = f"{estimate['seeds']} seeds, each averaged first" if samples == "seeds" else f"{estimate['seeds']} episodes"
    return f"{mean:.4g} [{low:.4g}, {high:.4g}] (mean, 95 % interval over {of})"
