"""docs/baselines.md, from results/baselines and results/headroom."""

from __future__ import annotations

import json
from typing import Any

import report

from netgym_cli.common import statistics

NARROW = "Its brackets are plain percentile intervals, narrower than those of `evaluate` by a fifth."
DIFFERENCES = {"minus default": "system_default", "minus random": "random"}  # column to whom an agent is compared with


def page() -> str:
    """docs/baselines.md, from all results."""
    text = [
        "# Baselines",
        "",
        "What random actions, each environment's default algorithm, every rule that fits and a learner earn on the",
        "same fresh networks of ns-3. Brackets hold 95 % intervals over networks (seeds). *Minus default* and *minus",
        "random* are paired by network, and the order is that of the differences: networks differ more than agents",
        "do, so that intervals of rewards may overlap where those of differences do not. Learners (PPO; in `rmcat` on",
        "ns-3 SAC) were trained once, for the steps given, on the [fluid twin](twins.md) or on ns-3, on networks of",
        "other seeds, as an experiment says or `PLANS` in the benchmark: their rows say what that budget buys, not",
        "what the algorithms can do. The command is `python benchmarks/baselines.py`.",
        "",
        "*How much there is to win* compares with the best constant action of each network, found in hindsight, and of",
        "all networks together, on other networks than those of the tables: `python benchmarks/headroom.py --env ENV`",
        "says what is searched. Where a rule or one constant action reaches it, there is nothing to learn.",
    ]
    for file in sorted((report.RESULTS / "baselines").glob("*.json")):
        text += _section(json.loads(file.read_text()))
    text += ["", "## How much there is to win"]
    for file in sorted((report.RESULTS / "headroom").glob("*.json")):
        text += _headroom(file.stem, json.loads(file.read_text()))
    return "\n".join(text) + "\n"


def estimated(row: report.Row, by_seed: dict[str, list[float]]) -> report.Row:
    """A row with its intervals computed anew from the rewards on each network, where they were kept."""
    own = by_seed.get(row["agent"])
    if own is None:
        return row
    found = {"reward": statistics.estimate(own)}
    for name, other in DIFFERENCES.items():
        if name in row and row[name] is not None:
            found[name] = statistics.paired(own, by_seed[other])
    return row | {
        key: value
        for name, estimate in found.items()
        for key, value in ((name, estimate.mean), (f"{name} low", estimate.low), (f"{name} high", estimate.high))
    }


def _section(result: dict[str, Any]) -> list[str]:
    rows = [estimated(row, result.get("by_seed", {})) for row in sorted(result["rows"], key=lambda row: -row["reward"])]
    names = [name for name in DIFFERENCES if name in rows[0]]
    kpis = [key for key in rows[0] if not key.startswith(("agent", "reward", *DIFFERENCES))]
    training = _training(result["train_steps"])
    text = [
        "",
        f"## {result['env']}",
        "",
        "{seeds} networks, {steps} steps each; ".format(**result) + training + ".",
        "{steps_per_s:.1f} steps/s in one process (load {load:.1f} on 2 cores), {date}.".format(**result),
        *([result["note"]] if "note" in result else []),
        *([] if "by_seed" in result else [NARROW]),
        "",
        f"| agent | reward per step | {' | '.join([*names, *kpis])} |",
        f"|---|---|{'---|' * len([*names, *kpis])}",
    ]
    for row in rows:
        shown = [_shown(row, "reward"), *(_shown(row, name) for name in names), *(f"{row[kpi]:.3g}" for kpi in kpis)]
        text.append(f"| `{row['agent']}` | {' | '.join(shown)} |")
    return text


def _training(steps: int | dict[str, int]) -> str:
    if not isinstance(steps, dict):
        return f"learners trained for {steps} steps" if steps else "nobody was trained"
    return "; ".join(f"{label} for {number:,} steps" for label, number in steps.items()) or "nobody was trained"


def _headroom(label: str, result: dict[str, Any]) -> list[str]:
    words = f" with {', '.join(f'`{word}`' for word in result['overrides'])}" if result["overrides"] else ""
    networks = len(result["by_seed"]["system_default"])
    text = [
        "",
        f"### {label}",
        "",
        f"`env={result['env']}`{words}: {networks} networks, {result['steps']} steps each, "
        f"{result['tried'] or 'no'} constant actions tried on each, {result['date']}.",
        "",
        "| agent | reward per step | minus default |",
        "|---|---|---|",
    ]
    for row in (estimated(row, result["by_seed"]) for row in result["rows"]):
        label = f"*{row['agent']}*" if row["agent"].startswith("best constant") else f"`{row['agent']}`"
        text.append(f"| {label} | {_shown(row, 'reward')} | {_shown(row, 'minus default')} |")
    return text


def _shown(row: report.Row, name: str) -> str:
    mean, low, high = (row[key] for key in (name, f"{name} low", f"{name} high"))
    return "" if mean is None or low is None else f"{mean:.3f} [{low:.3f}, {high:.3f}]"
