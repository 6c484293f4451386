"""How far the fluid twins can be believed: every rule on ns-3 and on the twin, over as many fresh networks.

    python benchmarks/twins.py [--env qos_steer ...] [--seeds 10] [--calibration FILE] [--ns3 JOBS] [--write]

Random, the default algorithm and every rule that fits play in each environment on the twin. Their rewards and key
figures are set beside ns-3's, which are simulated once (`--ns3 JOBS` does it again) and kept in
results/twins/ns3_ENV.json; where there are none yet, those of docs/baselines.md are taken, which have four key figures.
Writes results/twins/ENV.json and, from all of them, the tables of docs/twins.md and, with --write, the figures into the
calibrations, where a run on the twin reads them: netgym_cli/simulators/fluid/validation.py has the bars.

The twin draws networks of its own: their users stand elsewhere than ns-3's of the same seed, so both sides have
intervals.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from statistics import fmean, median
from typing import Any

import report
from baselines import PLANS, config_of, hands

from netgym_cli.common import statistics
from netgym_cli.common.seeds import FirstSeed
from netgym_cli.config.schema import RunConfig
from netgym_cli.evaluation.contest import default_seeds, evaluate
from netgym_cli.evaluation.rollout import Tally
from netgym_cli.experiment.run import make_agent
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.step import Observer, Step
from netgym_cli.simulators.fluid.calibration import calibration as calibration_of
from netgym_cli.simulators.fluid.limits import LIMITS
from netgym_cli.simulators.fluid.validation import Validation
from netgym_cli.wrappers.build import open_env

PAGE = report.RESULTS.parents[1] / "docs" / "twins.md"
BEGIN, END = "<!-- tables of benchmarks/twins.py -->", "<!-- end of the tables -->"
FIRST_SEED = int(FirstSeed.EVALUATION)
EPISODES = {"nqos_split_small": 2, "nqos_split_light": 2}
RATES, DELAYS = ("rate_mbps", "rate_kbps", "served_rate_mbps"), ("owd_ms", "rtt_ms")
# A calibration's figures by what they are called in results/twins/ENV.json.
FIGURES = {"spearman": "spearman", "reward": "reward_error", "rate": "rate_error", "delay": "owd_error"}
BLOCK = re.compile(r"^validation:.*\n(?:[ \t#].*\n|\n)*", re.MULTILINE)
HEAD = "validation:  # on networks apart from the fit's, by `python benchmarks/twins.py --write`; null: not validated\n"
Figures = dict[str, dict[str, Any]]  # agent to metric to mean, low and high


def episodes_of(env: str) -> int:
    """Episodes of a session that is played."""
    return PLANS[env].episodes if env in PLANS else EPISODES[env]


def estimates(values: dict[str, list[float]]) -> dict[str, Any]:
    """Mean and interval of every metric."""
    return {metric: list(statistics.of_measured(numbers)[:3]) for metric, numbers in values.items()}


class BySession(Observer):
    """The figures of every session of a run."""

    def __init__(self) -> None:
        self.tallies: dict[int, Tally] = {}

    def step(self, step: Step) -> None:
        self.tallies.setdefault(step.session, Tally()).step(step)

    def episode_ended(self, session: int, episode: int, env: int) -> None:
        self.tallies[session].episode_ended(session, episode, env)


def on_twin(env: str, seeds: int, calibration: str) -> tuple[Figures, float, int]:
    """The figures of every agent, the CPU seconds that all of it took, and the steps played."""
    figures: Figures = {}
    started, steps = time.process_time(), 0
    for label, agent in hands(env).items():
        config = config_of(env, "random", "simulator=fluid", f"simulator.calibration={calibration}")
        length = replace(config.env, random_seed=FIRST_SEED, episodes_per_session=episodes_of(env))
        config = replace(config, agent=agent, env=length, seed=FIRST_SEED, sessions=[{}] * seeds)
        played = BySession()
        with closing(SequentialSessions(open_env(config), Plan.of(config), [played])) as sessions:
            make_agent(config).rollout(sessions, FIRST_SEED)
        means = [tally.means() for tally in played.tallies.values()]
        figures[label] = estimates({metric: [one[metric] for one in means] for metric in means[0]})
        steps += seeds * episodes_of(env) * config.env.steps_per_episode
    return figures, time.process_time() - started, steps


def on_ns3(env: str, seeds: int, jobs: int) -> Figures:
    """The figures of every agent, simulated now and kept."""
    config: RunConfig = config_of(env)
    played = evaluate(config, hands(env), default_seeds(seeds), episodes_of(env), jobs, baseline="random")
    figures = {label: estimates({m: list(v) for m, v in metrics.items()}) for label, metrics in played.values.items()}
    content = {"env": env, "date": date.today().isoformat(), "seeds": seeds, "agents": figures}
    report.save_json(f"twins/ns3_{env}", content)
    return figures


def kept(env: str) -> tuple[Figures, str, int, str | None] | None:
    """ns-3's figures that were kept, their date and networks, and why they are no measure; None if there are none."""
    own, page = (report.RESULTS / f"{name}.json" for name in (f"twins/ns3_{env}", f"baselines/{env}"))
    if own.exists():
        content = json.loads(own.read_text())
        return content["agents"], content["date"], content["seeds"], None
    if not page.exists():
        return None
    content = json.loads(page.read_text())
    figures: Figures = {}
    for row in content["rows"]:
        kpis = {key: [value, None, None] for key, value in row.items() if isinstance(value, float) and " " not in key}
        figures[row["agent"]] = kpis | {"reward": [row["reward"], row["reward low"], row["reward high"]]}
        figures[row["agent"]].pop("minus", None)
    return figures, content["date"], content["seeds"], content.get("note")


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


def relative(ns3: Figures, twin: Figures, labels: list[str], names: tuple[str, ...]) -> float:
    """Median over agents of the relative error of the first of these metrics that there is; NaN if there is none."""
    name = next((name for name in names if name in ns3[labels[0]] and name in twin[labels[0]]), None)
    if name is None:
        return math.nan
    pairs = [(ns3[label][name][0], twin[label][name][0]) for label in labels]
    return median(abs(got / due - 1) for due, got in pairs if due)


def judged(ns3: Figures, twin: Figures) -> dict[str, Any]:
    """How well the twin does over the agents that both have."""
    labels = [label for label in twin if label in ns3]
    due, got = ([side[label]["reward"][0] for label in labels] for side in (ns3, twin))
    errors = [abs(a - b) for a, b in zip(due, got, strict=True)]
    best = sorted(labels, key=lambda label: -ns3[label]["reward"][0])[:3]
    return {
        "agents": len(labels),
        "spearman": correlation(due, got),
        "rate": relative(ns3, twin, labels, RATES),
        "delay": relative(ns3, twin, labels, DELAYS),
        "reward": fmean(errors),
        "worst": labels[errors.index(max(errors))],
        "worst_error": max(errors),
        "best_ns3": best,
        "best_twin": sorted(labels, key=lambda label: -twin[label]["reward"][0])[:3],
    }


def validation_of(found: dict[str, Any], networks: int, day: str) -> Validation:
    """What a calibration says of an environment: the figures without those that could not be had."""
    known = {new: found[old] for old, new in FIGURES.items()}
    errors = {name: None if name != "spearman" and math.isnan(value) else value for name, value in known.items()}
    return Validation(**errors, networks=networks, date=day)


def verdict(env: str, validation: Validation) -> list[str]:
    """The bars that the twin misses."""
    missed = validation.missed(env)
    return [old for old, new in FIGURES.items() if new in missed]


def with_validation(text: str, by_env: dict[str, Validation | None]) -> str:
    """A calibration's file with what is known of the environments, instead of what it said of them."""
    lines = [f"  {env}: {'null' if found is None else found.line()}\n" for env, found in by_env.items()]
    return BLOCK.sub("", text).rstrip("\n") + "\n" + HEAD + "".join(lines)


def write_validations(envs: list[str], write: Callable[[Path, str], object] = Path.write_text) -> None:
    """Writes into every calibration what results/twins/ knows of it in these environments."""
    files: dict[Path, dict[str, Validation | None]] = {}
    for env in envs:
        scenario, file = scenario_of(env), report.RESULTS / "twins" / f"{env}.json"
        result = json.loads(file.read_text()) if file.exists() else {"calibration": "default", "note": "not played"}
        known = None if result.get("note") else (result["judged"], result["ns3_networks"], result["ns3_date"])
        found = None if known is None else validation_of(*known)
        files.setdefault(calibration_of(result["calibration"], scenario).file, {})[env] = found
    for file, by_env in files.items():
        write(file, with_validation(file.read_text(), by_env))


def compare(env: str, seeds: int, calibration: str, jobs: int) -> None:
    """Plays, judges, shows and keeps one environment."""
    stored = kept(env) if jobs == 0 else None
    ns3, day, networks, note = stored or (on_ns3(env, seeds, max(jobs, 1)), date.today().isoformat(), seeds, None)
    twin, seconds, steps = on_twin(env, seeds, calibration)
    found = judged(ns3, twin)
    missed = verdict(env, validation_of(found, networks, day))
    metrics = [name for name in next(iter(ns3.values())) if all(name in twin[label] for label in twin if label in ns3)]
    content = {
        "env": env, "ns3_date": day, "ns3_networks": networks, "twin_networks": seeds, "calibration": calibration,
        "steps": steps, "cpu_s": seconds, "judged": found, "missed": missed, "note": note,
        "rows": [
            {"agent": label} | {m: {"ns3": ns3[label][m], "twin": twin[label][m]} for m in metrics}
            for label in sorted(twin, key=lambda label: -ns3.get(label, twin[label])["reward"][0]) if label in ns3
        ],
    }  # fmt: skip
    report.save_json(f"twins/{env}", content)
    shown = [
        {"agent": row["agent"]}
        | {f"{m} {side}": row[m][side][0] for m in metrics if m != "return" for side in ("ns3", "twin")}
        for row in content["rows"]
    ]
    report.show(env, shown)
    report.console.print({key: round(v, 3) if isinstance(v, float) else v for key, v in found.items()})
    report.console.print(f"misses: {', '.join(content['missed']) or 'nothing'}; {seconds:.0f} CPU s for {steps} steps")


def tables() -> str:
    """What docs/twins.md shows of all results."""
    text: list[str] = []
    for file in sorted((report.RESULTS / "twins").glob("*.json")):
        result = json.loads(file.read_text())
        if "judged" not in result:
            continue
        found, missed = result["judged"], result["missed"]
        text += [
            "",
            f"### {result['env']}",
            "",
            f"{result['ns3_networks']} networks on ns-3 ({result['ns3_date']}), {result['twin_networks']} on the twin, "
            f"in {result['cpu_s']:.0f} CPU seconds with all of Python's. Spearman {found['spearman']:.2f}, mean error "
            f"of the reward {found['reward']:.3f} (largest {found['worst_error']:.2f}, `{found['worst']}`), median "
            f"error of the rate {100 * found['rate']:.0f} % and of the delay {_percent(found['delay'])}. "
            + (f"It misses its bar in: {', '.join(missed)}." if missed else "It meets its bars."),
            "",
        ]
        metrics = [key for key in result["rows"][0] if key not in ("agent", "return")][:4]
        text += [result["note"], ""] if result.get("note") else []
        text.append("| agent | " + " | ".join(f"{m}, ns-3 | twin" for m in metrics) + " |")
        text.append("|---|" + "---|---|" * len(metrics))
        for row in result["rows"]:
            cells = [_shown(row[m][side]) for m in metrics for side in ("ns3", "twin")]
            text.append(f"| `{row['agent']}` | {' | '.join(cells)} |")
    return "\n".join(text) + "\n"


def _percent(share: float) -> str:
    return "unknown" if math.isnan(share) else f"{100 * share:.0f} %"


def _shown(estimate: list[float | None]) -> str:
    mean, low, high = estimate
    return f"{mean:.3g}" if low is None else f"{mean:.3g} [{low:.3g}, {high:.3g}]"


def main() -> None:
    """Compares the chosen environments and writes the page."""
    envs = runnable()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", nargs="*", default=envs, choices=envs, help="none: only the page")
    parser.add_argument("--seeds", type=int, default=10, help="networks on the twin, and on ns-3 if it is simulated")
    parser.add_argument("--calibration", default="default", help="of the twin")
    parser.add_argument("--ns3", type=int, default=0, metavar="JOBS", help="simulate ns-3's side, so many at once")
    parser.add_argument("--write", action="store_true", help="write the figures into the calibrations")
    options = parser.parse_args()
    (report.RESULTS / "twins").mkdir(parents=True, exist_ok=True)
    for env in options.env:
        compare(env, options.seeds, options.calibration, options.ns3)
    if options.write:
        write_validations(envs)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{rest.partition(END)[2]}")


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
