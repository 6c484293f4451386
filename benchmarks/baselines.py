"""What hand-written rules and trained agents achieve in every environment, on the same ten networks.

    python benchmarks/baselines.py [--env rmcat ...] [--seeds 10] [--jobs 2] [--rules]

Trains SB3's PPO, and SAC where actions are continuous, through the command line with their shipped settings on networks
of other seeds; with --rules it trains nobody. Then random, the default algorithm, every rule that fits and the trained
agents play the same fresh networks. Writes results/baselines/ENV.json and, from all of them, docs/baselines.md;
results/headroom (benchmarks/headroom.py) adds the most that a constant action earns.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import report
from baselines_page import DIFFERENCES, page

from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.rule import Rule
from netgym_cli.common import statistics
from netgym_cli.config.compose import compose
from netgym_cli.config.schema import RunConfig
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.base import env_registry
from netgym_cli.evaluation.contest import Evaluation, default_seeds, evaluate
from netgym_cli.experiment.config import typed_run

PAGE = Path(__file__).parents[1] / "docs" / "baselines.md"
LEARNERS = ("ppo", "sac")
SHOWN_KPIS = 4


@dataclass(frozen=True)
class Plan:
    """How much is played: episodes of an evaluation session, sessions and episodes of a training run."""

    episodes: int
    train_sessions: int
    train_episodes: int


PLANS = {
    "nqos_split": Plan(2, 2, 40),
    "nqos_split_near_capacity": Plan(2, 2, 40),
    "nqos_split_light": Plan(2, 2, 80),
    "qos_steer": Plan(1, 2, 12),
    "network_slicing": Plan(1, 2, 14),
    "rmcat": Plan(10, 8, 10),
    "dynamic_qos": Plan(1, 2, 24),
    "energy_saving": Plan(1, 2, 8),
    "custom": Plan(2, 2, 60),
}


def config_of(env_name: str, agent: str = "random", *overrides: str) -> RunConfig:
    """The composed config of an agent in an environment."""
    return typed_run(compose([f"env={env_name}", f"agent={agent}", *overrides]))


def hands(env_name: str) -> dict[str, Any]:
    """Label to config of random, the default algorithm and every rule that fits the environment."""
    config = config_of(env_name)
    adapter = env_registry.load(config.env.name)(config.env)
    agents: dict[str, Any] = {"random": config.agent, "system_default": config_of(env_name, "system_default").agent}
    for name in agent_registry.names():
        kind = agent_registry.load(name)
        if not issubclass(kind, Rule) or kind.incompatibility(AgentSpec.of(adapter)) is not None:
            continue
        agent = config_of(env_name, name).agent
        if name == "single_link":
            sites = {"wifi": "wifi_ap_locations", "nr": "nr_gnb_locations", "lte": "lte_enb_locations"}
            links = [link for link, key in sites.items() if getattr(config.env, key)]
            agents |= {f"single_link {link}": replace(agent, link=link) for link in links}
        else:
            agents[name] = agent
    return agents


def trained(env_name: str, folder: Path, jobs: int) -> dict[str, Path]:
    """Label to run folder of every learner that fits."""
    config = config_of(env_name)
    adapter = env_registry.load(config.env.name)(config.env)
    fitting = [name for name in LEARNERS if agent_registry.load(name).incompatibility(AgentSpec.of(adapter)) is None]
    plan = PLANS[env_name]

    def train(name: str) -> Path:
        run = folder / f"{env_name}_{name}"
        sessions = f"sessions=[{','.join(['{}'] * plan.train_sessions)}]"
        length = f"env.episodes_per_session={plan.train_episodes}"
        overrides = [f"env={env_name}", f"agent={name}", "seed=1", sessions, length]
        overrides += ["evaluate_at_end=0", f"hydra.run.dir={run}"]
        done = subprocess.run([sys.executable, "-m", "netgym_cli", "train", *overrides], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{env_name} {name}: {done.stderr}")
        report.console.print(f"{env_name}, {name}: {done.stdout.splitlines()[0]}")
        return run

    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip(fitting, pool.map(train, fitting), strict=True))


def rows_of(evaluation: Evaluation) -> list[report.Row]:
    """One row per agent: reward per step, paired differences to the default and to random, and the first indicators."""
    kpis = [name for name in evaluation.metrics if name not in ("return", "reward")][:SHOWN_KPIS]
    rows = []
    for label, metrics in evaluation.values.items():
        row: report.Row = {"agent": label, **_estimate("reward", statistics.estimate(metrics["reward"]))}
        for name, other in DIFFERENCES.items():
            differs = other != label and other in evaluation.values
            row |= _estimate(
                name, statistics.paired(metrics["reward"], evaluation.values[other]["reward"]) if differs else None
            )
        rows.append(row | {kpi: statistics.of_measured(metrics[kpi]).mean for kpi in kpis})
    return rows


def _estimate(name: str, found: statistics.Estimate | None) -> report.Row:
    if found is None:
        return {name: None, f"{name} low": None, f"{name} high": None}
    return {name: found.mean, f"{name} low": found.low, f"{name} high": found.high}


def measure(env_name: str, seeds: int, jobs: int, train: bool) -> None:
    """Trains if wanted, plays and keeps the figures of one environment."""
    plan, config = PLANS[env_name], config_of(env_name)
    with tempfile.TemporaryDirectory() as scratch:
        runs = trained(env_name, Path(scratch), jobs) if train else {}
        contenders = {**hands(env_name), **runs}
        evaluation = evaluate(config, contenders, default_seeds(seeds), plan.episodes, jobs, baseline="random")
    content = {
        "env": env_name,
        "date": date.today().isoformat(),
        "seeds": seeds,
        "steps": plan.episodes * config.env.steps_per_episode,
        "train_steps": plan.train_sessions * plan.train_episodes * config.env.steps_per_episode if train else 0,
        "plan": asdict(plan),
        "steps_per_s": steps_per_s(env_name),
        "load": report.load(),
        "rows": rows_of(evaluation),
        "by_seed": {label: metrics["reward"].tolist() for label, metrics in evaluation.values.items()},
    }
    report.save_json(f"baselines/{env_name}", content)
    report.show(env_name, content["rows"])


def steps_per_s(env_name: str, steps: int = 30) -> float:
    """Steps per second of one environment in one process under random actions, its start aside."""
    from netgym_cli import make_env

    env = make_env(env_name, seed=3, steps_per_episode=steps, episodes_per_session=1)
    env.action_space.seed(3)
    env.reset()
    started = time.perf_counter()
    for _ in range(steps):
        env.step(env.action_space.sample())
    env.close()
    return steps / (time.perf_counter() - started)


def main() -> None:
    """Measures the chosen environments and writes the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", nargs="*", default=list(PLANS), choices=list(PLANS), help="none: only the page")
    parser.add_argument("--seeds", type=int, default=10, help="networks")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--rules", action="store_true", help="train nobody")
    options = parser.parse_args()
    (report.RESULTS / "baselines").mkdir(parents=True, exist_ok=True)
    for env_name in options.env:
        measure(env_name, options.seeds, options.jobs, not options.rules)
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
