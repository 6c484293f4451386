"""How far the fluid twins can be believed: every rule on ns-3 and on the twin, on the same fresh networks.

    python benchmarks/twins.py [--env qos_steer ...] [--networks 10] [--calibration FILE] [--ns3 JOBS] [--write]

Random, the default algorithm and every rule that fits play in each environment on networks of ns-3 that no fit and no
evaluation has (`--ns3 JOBS`: so many agents at once; kept in results/twins/ns3_ENV.json), and on the twin, whose users
are put in the same places and send as much. So the errors are differences of pairs, with intervals over networks.
Writes results/twins/ENV.json and, from all of them, the tables of docs/twins.md and, with --write, the figures into the
calibrations, where a run on the twin reads them: netgym_cli/simulators/fluid/validation.py has the bars.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path
from statistics import fmean, median
from typing import Any

import report
from baselines import PLANS, config_of
from twin_pairs import EPISODES, REPEATS, Figures, Networks, on_ns3, on_twin
from twins_page import SHOWN, write_page

from netgym_cli.common import statistics
from netgym_cli.simulators.fluid.calibration import calibration as calibration_of
from netgym_cli.simulators.fluid.limits import LIMITS
from netgym_cli.simulators.fluid.validation import Validation

RATES, DELAYS = ("rate_mbps", "rate_kbps", "served_rate_mbps"), ("owd_ms", "rtt_ms")
BEST = 3  # agents whose order counts
# A calibration's figures by what they are called in results/twins/ENV.json.
FIGURES = {"spearman": "spearman", "reward": "reward_error", "rate": "rate_error", "delay": "owd_error"}
BLOCK = re.compile(r"^validation:.*\n(?:[ \t#].*\n|\n)*", re.MULTILINE)
HEAD = "validation:  # on networks apart from the fit's, by `python benchmarks/twins.py --write`; null: not validated\n"


def ranks(values: list[float]) -> list[float]:
    """Ranks from 0; equal values share their mean rank."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2 for value in values
    ]


def correlation(one: list[float], other: list[float]) -> float:
    """Spearman's rank correlation; NaN where one side has no order."""
    a, b = ranks(one), ranks(other)
    da, db = [x - fmean(a) for x in a], [x - fmean(b) for x in b]
    scale = math.sqrt(sum(x * x for x in da) * sum(x * x for x in db))
    return sum(x * y for x, y in zip(da, db, strict=True)) / scale if scale else math.nan


def mean(values: list[float]) -> float:
    """Of those that are not NaN."""
    return statistics.of_measured(values).mean


def relative(ns3: Figures, twin: Figures, names: tuple[str, ...]) -> float:
    """Median over agents of the relative error of the first of these metrics that there is; NaN if there is none."""
    name = next((name for name in names if all(name in side for side in (*ns3.values(), *twin.values()))), None)
    if name is None:
        return math.nan
    pairs = [(mean(ns3[label][name]), mean(twin[label][name])) for label in ns3]
    return median(abs(got / due - 1) for due, got in pairs if due)


def best_in(ns3: Figures, twin: Figures) -> str:
    """Whether both sides have the same best agents in the same order: same, within intervals or other.

    Within intervals: of two that change places, one side at least cannot tell which is better, network by network.
    """
    orders = [sorted(side, key=lambda label: -mean(side[label]["reward"])) for side in (ns3, twin)]
    (due, got) = (order[:BEST] for order in orders)
    if due == got:
        return "same"
    pairs = combinations(dict.fromkeys([*due, *got]), 2)
    swapped = [pair for pair in pairs if len({order.index(pair[0]) < order.index(pair[1]) for order in orders}) > 1]
    told = [all(differ(side, *pair) for side in (ns3, twin)) for pair in swapped]
    return "other" if any(told) else "within intervals"


def differ(side: Figures, one: str, other: str) -> bool:
    """Whether the paired interval of the difference of two agents' rewards leaves out 0."""
    found = statistics.paired(side[one]["reward"], side[other]["reward"])
    return found.low is not None and found.high is not None and not found.low <= 0 <= found.high


def judged(ns3: Figures, twin: Figures) -> dict[str, Any]:
    """How well the twin does over all agents."""
    due, got = ({label: mean(of["reward"]) for label, of in side.items()} for side in (ns3, twin))
    errors = {label: abs(got[label] - due[label]) for label in due}
    order = sorted(due, key=lambda label: -due[label])
    worst = max(errors, key=errors.__getitem__)
    return {
        "agents": len(due),
        "spearman": correlation(list(due.values()), [got[label] for label in due]),
        "rate": relative(ns3, twin, RATES),
        "delay": relative(ns3, twin, DELAYS),
        "reward": fmean(errors.values()),
        "worst": worst,
        "worst_error": errors[worst],
        "best_ns3": order[:BEST],
        "best_twin": sorted(got, key=lambda label: -got[label])[:BEST],
        "best": best_in(ns3, twin),
    }


def validation_of(found: dict[str, Any], networks: int, day: str) -> Validation:
    """What a calibration says of an environment: the figures without those that could not be had."""
    known = {new: found[old] for old, new in FIGURES.items()}
    errors = {name: None if name != "spearman" and math.isnan(value) else value for name, value in known.items()}
    return Validation(**errors, networks=networks, date=day)


def verdict(env: str, found: dict[str, Any], validation: Validation) -> list[str]:
    """The bars that the twin misses."""
    missed = validation.missed(env)
    best = [] if found["best"] != "other" else ["order of the best three"]
    return [old for old, new in FIGURES.items() if new in missed] + best


def with_validation(text: str, by_env: dict[str, Validation | None]) -> str:
    """A calibration's file with what is known of the environments, instead of what it said of them."""
    lines = [f"  {env}: {'null' if found is None else found.line()}\n" for env, found in by_env.items()]
    return BLOCK.sub("", text).rstrip("\n") + "\n" + HEAD + "".join(lines)


def write_validations(envs: list[str], write: Callable[[Path, str], object] = Path.write_text) -> None:
    """Writes into every calibration what results/twins/ knows of it in these environments."""
    files: dict[Path, dict[str, Validation | None]] = {}
    for env in envs:
        scenario, file = scenario_of(env), report.RESULTS / "twins" / f"{env}.json"
        result = json.loads(file.read_text()) if file.exists() else None
        name = "default" if result is None else result["calibration"]
        found = None if result is None else validation_of(result["judged"], result["networks"], result["date"])
        files.setdefault(calibration_of(name, scenario).file, {})[env] = found
    for file, by_env in files.items():
        write(file, with_validation(file.read_text(), by_env))


def compare(env: str, networks: int, calibration: str, jobs: int) -> None:
    """Plays, judges, shows and keeps one environment."""
    known = on_ns3(env, networks, jobs) if jobs else Networks.load(env)
    ns3, (twin, seconds, steps) = known.figures, on_twin(known, calibration)
    found = judged(ns3, twin)
    missed = verdict(env, found, validation_of(found, len(known.seeds), known.day))
    metrics = list(next(iter(ns3.values())))
    rows = [
        {"agent": label} | {name: row_of(ns3[label][name], twin[label][name]) for name in metrics}
        for label in sorted(ns3, key=lambda label: -mean(ns3[label]["reward"]))
    ]
    content = {
        "env": env, "date": known.day, "networks": len(known.seeds), "first_seed": known.seeds[0],
        "twin_networks": REPEATS * len(known.seeds), "placed": known.users is not None, "calibration": calibration,
        "steps": steps, "cpu_s": seconds,
        "judged": found, "missed": missed, "rows": rows,
    }  # fmt: skip
    report.save_json(f"twins/{env}", content)
    shown = [
        {"agent": row["agent"]}
        | {f"{m} {side}": row[m][side][0] for m in SHOWN if m in row for side in ("ns3", "minus")}
        for row in rows
    ]
    report.show(env, shown)
    report.console.print({key: round(v, 3) if isinstance(v, float) else v for key, v in found.items()})
    report.console.print(f"misses: {', '.join(missed) or 'nothing'}; {seconds:.0f} CPU s for {steps} steps")


def row_of(ns3: list[float], twin: list[float]) -> dict[str, Any]:
    """Mean and interval of both sides and of the twin minus ns-3, network by network."""
    both = [(got, due) for got, due in zip(twin, ns3, strict=True) if not (math.isnan(got) or math.isnan(due))]
    minus = [got - due for got, due in both]
    return {
        side: list(statistics.of_measured(values)[:3])
        for side, values in (("ns3", ns3), ("twin", twin), ("minus", minus))
    }


def main() -> None:
    """Compares the chosen environments and writes the page."""
    envs = runnable()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", nargs="*", default=envs, choices=envs, help="none: only the page")
    parser.add_argument("--networks", type=int, default=10, help="of ns-3, if it is simulated")
    parser.add_argument("--calibration", default="default", help="of the twin")
    parser.add_argument(
        "--ns3", type=int, default=0, metavar="JOBS", help="simulate ns-3's side, so many agents at once"
    )
    parser.add_argument("--write", action="store_true", help="write the figures into the calibrations")
    options = parser.parse_args()
    (report.RESULTS / "twins").mkdir(parents=True, exist_ok=True)
    for env in options.env:
        compare(env, options.networks, options.calibration, options.ns3)
    if options.write:
        write_validations(envs)
    write_page(envs)


def runnable() -> list[str]:
    """The environments that have a twin."""
    return [env for env in dict.fromkeys([*PLANS, *EPISODES]) if scenario_of(env) in LIMITS]


@cache
def scenario_of(env: str) -> str:
    """The scenario of an environment."""
    from netgym_cli.envs.base import env_registry

    return env_registry.load(config_of(env).env.name).scenario


if __name__ == "__main__":
    main()
