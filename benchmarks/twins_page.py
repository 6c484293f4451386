"""The tables of docs/twins.md, from results/twins/."""

from __future__ import annotations

import json
import math
from typing import Any

import report

from netgym_cli.simulators.fluid.validation import bars

PAGE = report.RESULTS.parents[1] / "docs" / "twins.md"
BEGIN, END = "<!-- tables of benchmarks/twins.py -->", "<!-- end of the tables -->"
SHOWN = ("reward", "rate_mbps", "rate_kbps", "served_rate_mbps", "owd_ms", "rtt_ms", "loss_pct")
NOT_PLACED = (
    "Nothing was put in the same places there: the networks are other ones on either side, as far as they differ."
)
BEST = {
    "same": "The best three are the same, in the same order.",
    "within intervals": "The best three change places only where one side cannot tell who is better.",
    "other": "The best three stand in another order, which both sides can tell.",
}


def write_page(envs: list[str]) -> None:
    """Writes the tables of these environments, as far as they have results, into the page."""
    files = {env: report.RESULTS / "twins" / f"{env}.json" for env in envs}
    results = [json.loads(file.read_text()) for file in files.values() if file.exists()]
    before, _, rest = PAGE.read_text().partition(BEGIN)
    text = "\n".join([*_overview(results), *(line for result in results for line in _section(result))])
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n\n{END}{rest.partition(END)[2]}")


def _overview(results: list[dict[str, Any]]) -> list[str]:
    lines = [
        "",
        "| environment | networks | agents | Spearman | best three | rate | delay | reward | misses |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        found, due = result["judged"], bars(result["env"])
        cells = [
            f"`{result['env']}`", result["networks"], found["agents"], f"{found['spearman']:.2f}", found["best"],
            f"{_percent(found['rate'])} (bar {due['rate_error']:.0%})",
            f"{_percent(found['delay'])} (bar {due['owd_error']:.0%})",
            f"{found['reward']:.3f} (bar {due['reward_error']:g})", ", ".join(result["missed"]) or "nothing",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def _section(result: dict[str, Any]) -> list[str]:
    found = result["judged"]
    last = result["first_seed"] + result["networks"] - 1
    metrics = [name for name in SHOWN if name in result["rows"][0]]
    lines = [
        "",
        f"### {result['env']}",
        "",
        f"{result['networks']} networks of ns-3 ({result['date']}, seeds {result['first_seed']} to {last}), "
        f"{result['twin_networks']} of the twin, in {result['cpu_s']:.0f} CPU seconds with all of Python's. "
        f"{BEST[found['best']]} The largest error of the reward is {found['worst_error']:.3f} (`{found['worst']}`). "
        + (f"It misses its bar in: {', '.join(result['missed'])}." if result["missed"] else "It meets its bars.")
        + ("" if result["placed"] else f" {NOT_PLACED}"),
        "",
        "| agent | " + " | ".join(f"{name}, ns-3 | twin minus it" for name in metrics) + " |",
        "|---|" + "---|---|" * len(metrics),
    ]
    for row in result["rows"]:
        cells = [_shown(row[name][side]) for name in metrics for side in ("ns3", "minus")]
        lines.append(f"| `{row['agent']}` | {' | '.join(cells)} |")
    return lines


def _percent(share: float) -> str:
    return "none" if math.isnan(share) else f"{100 * share:.1f} %"


def _shown(estimate: list[float | None]) -> str:
    mean, low, high = estimate
    if mean is None or math.isnan(mean):
        return "none"
    return f"{mean:.3g}" if low is None else f"{mean:.3g} [{low:.3g}, {high:.3g}]"
