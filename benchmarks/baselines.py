"""What hand-written rules and trained agents achieve in every environment, on the same thirty networks.

    python benchmarks/baselines.py [--env rmcat ...] [--seeds 30] [--jobs 2] [--learners twin ns3]

Trains through the command line on networks of other seeds: on the fluid twin and on ns-3 (`--learners twin`: only
there), as an experiment says, or else as `PLANS` does. Then random, the default algorithm, every rule that fits and the
trained agents play the same fresh networks of ns-3. Writes results/baselines/ENV.json and, from all of them,
docs/baselines.md; results/headroom (benchmarks/headroom.py) adds the most that a constant action earns.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
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
from netgym_cli.evaluation.contest import default_seeds, evaluate
from netgym_cli.experiment.config import typed_run
from netgym_cli.runs.folder import RunFolder

PAGE = Path(__file__).parents[1] / "docs" / "baselines.md"
SHOWN_KPIS = 4
LEARNERS = {"twin": "trained on the twin", "ns3": "trained on ns-3"}
MANY = ("simulator=fluid", "agent.n_envs=256", "agent.n_steps=16", "agent.batch_size=1024", "agent.n_epochs=4",
        "agent.learning_rate=linear:0.001", "agent.checkpoint_every_steps=0", "record_stats=none")  # fmt: skip
SPLIT = ("experiment=nqos_split_twin", "steps=512000")


@dataclass(frozen=True)
class Plan:
    """How much is played and learnt.

    Attributes:
        episodes: of an evaluation session.
        twin: overrides of the training on the twin.
        ns3: those of the training on ns-3.
    """

    episodes: int
    twin: tuple[str, ...]
    ns3: tuple[str, ...]


PLANS = {
    "nqos_split": Plan(2, ("experiment=nqos_split_twin",), ("experiment=nqos_split_ppo",)),
    "nqos_split_near_capacity": Plan(2, SPLIT, ("agent=ppo",)),
    "nqos_split_light": Plan(2, SPLIT, ("agent=ppo",)),
    "qos_steer": Plan(1, ("agent=ppo", *MANY, "steps=102400"), ("agent=ppo",)),
    "network_slicing": Plan(1, ("agent=ppo", *MANY, "steps=256000"), ("agent=ppo",)),
    "rmcat": Plan(10, ("experiment=rmcat_twin",), ("experiment=rmcat_sac",)),
    "dynamic_qos": Plan(1, ("agent=ppo", *MANY, "steps=102400"), ("agent=ppo",)),
    "energy_saving": Plan(1, ("agent=ppo", *MANY, "agent.policy=per_user", "steps=768000"), ("agent=ppo",)),
    "custom": Plan(2, ("agent=ppo", *MANY, "steps=512000"), ("agent=ppo",)),
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


def trained(env_name: str, where: str, folder: Path) -> tuple[RunConfig, Path, int]:
    """Trains on the twin or on ns-3; returns the config that it is evaluated in, its run and its steps."""
    run = folder / f"{env_name}_{where}"
    overrides = [f"env={env_name}", *getattr(PLANS[env_name], where)]
    command = ["train", *overrides, "seed=1", "evaluate_at_end=0", f"hydra.run.dir={run}"]
    done = subprocess.run([sys.executable, "-m", "netgym_cli", *command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{env_name} on {where}: {done.stderr}")
    report.console.print(f"{env_name} on {where}: {done.stdout.splitlines()[0]}")
    there = [word for word in overrides if not word.startswith(("simulator", "record_stats"))]
    return typed_run(compose([*there, "simulator=ns3"])), run, RunFolder(run).record()["steps"]


def rows_of(played: Mapping[str, Mapping[str, Any]]) -> list[report.Row]:
    """One row per agent: reward per step, paired differences to the default and to random, and the first indicators."""
    kpis = [name for name in played["random"] if name not in ("return", "reward")][:SHOWN_KPIS]
    rows = []
    for label, metrics in played.items():
        row: report.Row = {"agent": label, **_estimate("reward", statistics.estimate(metrics["reward"]))}
        for name, other in DIFFERENCES.items():
            differs = other != label and other in played
            row |= _estimate(name, statistics.paired(metrics["reward"], played[other]["reward"]) if differs else None)
        rows.append(row | {kpi: statistics.of_measured(metrics[kpi]).mean for kpi in kpis})
    return rows


def _estimate(name: str, found: statistics.Estimate | None) -> report.Row:
    if found is None:
        return {name: None, f"{name} low": None, f"{name} high": None}
    return {name: found.mean, f"{name} low": found.low, f"{name} high": found.high}


def measure(env_name: str, networks: int, jobs: int, learners: Sequence[str]) -> None:
    """Trains, plays and keeps the figures of one environment."""
    plan, config, seeds = PLANS[env_name], config_of(env_name), default_seeds(networks)
    played = dict(evaluate(config, hands(env_name), seeds, plan.episodes, jobs, baseline="random").values)
    steps = {}
    with tempfile.TemporaryDirectory() as scratch:
        for where in learners:
            label = LEARNERS[where]
            own, run, steps[label] = trained(env_name, where, Path(scratch))
            played |= evaluate(own, {label: run}, seeds, plan.episodes, jobs).values
    content = {
        "env": env_name,
        "date": date.today().isoformat(),
        "seeds": networks,
        "steps": plan.episodes * config.env.steps_per_episode,
        "train_steps": steps,
        "plan": asdict(plan),
        "steps_per_s": steps_per_s(env_name),
        "load": report.load(),
        "rows": rows_of(played),
        "by_seed": {label: metrics["reward"].tolist() for label, metrics in played.items()},
    }
    report.save_json(f"baselines/{env_name}", content)
    report.show(env_name, rows_of(played))


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
    parser.add_argument("--seeds", type=int, default=30, help="networks")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--learners", nargs="*", default=list(LEARNERS), choices=list(LEARNERS), help="where to train")
    options = parser.parse_args()
    (report.RESULTS / "baselines").mkdir(parents=True, exist_ok=True)
    for env_name in options.env:
        measure(env_name, options.seeds, options.jobs, options.learners)
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
