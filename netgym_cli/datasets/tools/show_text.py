"""The lines that `netgym data show` prints, from the values of `show.describe`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from netgym_cli.datasets.tools.metadata import counted, printable

WIDTH = 40  # of the longest bar, in characters
EIGHTHS = " ▏▎▍▌▋▊▉"
SHOWN = 24  # rows of the table of actions


def about_lines(described: dict[str, Any]) -> Iterator[str]:
    """Origin, size and spaces of the dataset."""
    size = f", {described['size_mb']:.3g} MB" if isinstance(described["size_mb"], int | float) else ""
    yield f"{described['id']}: {counted(described['episodes'], 'episode')}, {counted(described['steps'], 'step')}{size}"
    yield f"folder: {described['path']} ({described['data_format']})"
    if described["complete"] is False:
        merged = "a dataset that it was merged from was not"
        why = merged if described["sources"] else "the command that collected it goes on where it stopped"
        yield f"not complete: {why}"
    if described["waiting"] or described["half_written"]:
        whole = counted(described["waiting"], "whole episode")
        yield f"not taken in yet: {whole}; half-written, never read: {described['half_written']}"
    for key in ("env", "agent", "channel", "action_source", "licence", "started_at", "ended_at"):
        if described[key]:
            base = f" ({described['base']})" if key == "env" and described["base"] != described["env"] else ""
            yield f"{key.replace('_', ' ')}: {printable(described[key])}{base}"
    if described["command"]:
        yield f"command: {printable(' '.join(map(str, described['command'])))}"
    if described["versions"]:
        yield "versions: " + printable(", ".join(f"{name} {of}" for name, of in described["versions"].items() if of))
    if described["sources"]:
        yield "merged from: " + printable(", ".join(described["sources"]))
    if "seeds" in described:
        yield f"seeds: {ranges(described['seeds']) or 'not noted'}"
    yield f"observation: {described['observation_space']}"
    yield f"action: {described['action_space']}"


def result_lines(described: dict[str, Any]) -> Iterator[str]:
    """Returns and rewards; nothing if the dataset is empty."""
    if "return" not in described:
        return
    yield ""
    yield f"return per episode: {_interval(described['return'], described['samples'])}"
    yield f"reward per step:    {_interval(described['reward'], described['samples'])}"
    share = described["default_action"]
    yield f"default algorithm:  {'not noted' if share is None else f'{share:.1%} of the steps'}"
    yield ""
    yield "episodes by return"
    yield from histogram(described["returns"]["edges"], described["returns"]["counts"])
    yield ""


def action_table(actions: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table of actions, the first 24 dimensions of it."""
    rows = []
    for dimension in actions[:SHOWN]:
        if "counts" in dimension:
            total = max(sum(dimension["counts"].values()), 1)
            taken = [f"{choice}: {count / total:.1%}" for choice, count in list(dimension["counts"].items())[:10]]
            more = f", and {len(dimension['counts']) - 10} more" if len(dimension["counts"]) > 10 else ""
            rows.append([dimension["name"], ", ".join(taken) + more])
        else:
            visited = "no bounds" if dimension["visited"] is None else f"{dimension['visited']:.0%}"
            rows.append([dimension["name"], *(f"{value:.4g}" for value in dimension["quantiles"]), visited])
    if len(actions) > SHOWN:
        rows.append([f"and {len(actions) - SHOWN} more: --json"])
    if all("counts" in dimension for dimension in actions):
        return ["action", "share of steps per choice"], rows
    heads = ["action", "min", "5 %", "50 %", "95 %", "max", "range visited"]
    return heads, [row + [""] * (len(heads) - len(row)) for row in rows]


def histogram(edges: list[float], counts: list[int]) -> Iterator[str]:
    """A line per bin: its ends with as many digits as they need to differ, a bar, its count."""
    most = max(counts, default=0)
    ends = _distinct_texts(edges)
    width = max(map(len, ends), default=0)
    for k, count in enumerate(counts):
        eighths = round(8 * WIDTH * count / most) if most else 0
        bar = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
        last = f" to {ends[k + 1]:>{width}}" if ends[k + 1] != ends[k] else ""
        yield f"  {ends[k]:>{width}}{last}  {bar:<{WIDTH}} {count}"


def _distinct_texts(edges: list[float]) -> list[str]:
    """The edges in four digits, or in as many more as neighbours need to differ; rounding errors do not count."""
    for digits in range(4, 13):
        ends = [f"{edge:.{digits}g}" for edge in edges]
        if all(low != high for low, high in pairwise(ends)):
            return ends
    return [f"{edge:.4g}" for edge in edges]


def ranges(seeds: list[int]) -> str:
    """Ascending numbers, those in a row as `first..last`."""
    spans: list[list[int]] = []
    for seed in seeds:
        if spans and seed == spans[-1][1] + 1:
            spans[-1][1] = seed
        else:
            spans.append([seed, seed])
    shown = [f"{first}" if first == last else f"{first}..{last}" for first, last in spans[:SHOWN]]
    return ", ".join([*shown, "..."] if len(spans) > SHOWN else shown)


def _interval(estimate: dict[str, Any] | None, samples: str) -> str:
    if estimate is None:
        return "not finite"
    mean, low, high = estimate["mean"], estimate["low"], estimate["high"]
    if low is None:
        return f"{mean:.4g} (one of the {samples} only: no interval)"
    of = f"{estimate['seeds']} seeds, each averaged first" if samples == "seeds" else f"{estimate['seeds']} episodes"
    return f"{mean:.4g} [{low:.4g}, {high:.4g}] (mean, 95 % interval over {of})"
