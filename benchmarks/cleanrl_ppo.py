"""Does `cleanrl_ppo`, our own PPO in one file, earn what Stable-Baselines3's `ppo` earns with the same settings?

    python benchmarks/cleanrl_ppo.py [--env nqos_split_small qos_steer] [--seeds 3] [--sessions 3] [--episodes 40]

Both train through the command line, one run per seed, with their shipped settings, which are the same. Every trained
policy then acts on the same fresh networks. Prints the reward per step with 95 % intervals over training runs, in the
last tenth of the training and on the fresh networks, and writes results/cleanrl_ppo.csv.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from statistics import fmean

import report

from netgym_cli.common import statistics
from netgym_cli.evaluation.contest import default_seeds, evaluate
from netgym_cli.experiment.config import config_of

AGENTS = ("cleanrl_ppo", "ppo")


def train(agent: str, seed: int, env_name: str, overrides: Sequence[str], folder: Path) -> Path:
    """One training run through the command line; returns its folder."""
    run = folder / f"{env_name}_{agent}_{seed}"
    own = [f"env={env_name}", f"agent={agent}", f"seed={seed}", "evaluate_at_end=0", f"hydra.run.dir={run}"]
    arguments = [*own, *overrides]
    command = [sys.executable, "-m", "netgym_cli", "train", *arguments]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    report.console.print(f"{env_name}, {agent}, seed {seed}: trained")
    return run


def last_tenth(run: Path) -> float:
    """Mean reward per step over the last tenth of the training's episodes."""
    with (run / "metrics" / "episodes.csv").open() as file:
        rewards = [float(row["return"]) / float(row["length"]) for row in csv.DictReader(file)]
    return fmean(rewards[-max(1, len(rewards) // 10) :])


def rows_of(env_name: str, trained: dict[tuple[str, int], Path], networks: int, jobs: int) -> list[report.Row]:
    """Per phase: both agents and their paired difference, with intervals over training runs."""
    config = config_of(next(iter(trained.values())))
    contenders = {f"{agent} {seed}": run for (agent, seed), run in trained.items()}
    played = evaluate(config, contenders, default_seeds(networks), episodes=4, jobs=jobs)
    seeds = sorted({seed for _, seed in trained})
    phases = {
        "training, last tenth": {agent: [last_tenth(trained[agent, seed]) for seed in seeds] for agent in AGENTS},
        "fresh networks": {
            agent: [float(played.values[f"{agent} {seed}"]["reward"].mean()) for seed in seeds] for agent in AGENTS
        },
    }
    rows: list[report.Row] = []
    for phase, rewards in phases.items():
        first, second = (rewards[agent] for agent in AGENTS)
        estimates = {agent: statistics.estimate(values) for agent, values in rewards.items()}
        estimates[" - ".join(AGENTS)] = statistics.paired(first, second)
        for agent, interval in estimates.items():
            rows.append({"env": env_name, "phase": phase, "agent": agent, "runs": interval.seeds})
            rows[-1] |= {"reward per step": interval.mean, "low": interval.low, "high": interval.high}
    return rows


def main() -> None:
    """Trains, evaluates, compares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", nargs="+", default=["nqos_split_small"], help="environments")
    parser.add_argument("--seeds", type=int, default=3, help="training runs of each agent")
    parser.add_argument("--sessions", type=int, default=3, help="sessions of a run, each on another network")
    parser.add_argument("--episodes", type=int, default=40, help="episodes of a session")
    parser.add_argument("--networks", type=int, default=6, help="fresh networks")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("overrides", nargs="*", help="overrides for every run, such as agent.gamma=0.5")
    options = parser.parse_args()
    plan = f"sessions=[{','.join(['{}'] * options.sessions)}]"
    overrides = [plan, f"env.episodes_per_session={options.episodes}", *options.overrides]
    rows: list[report.Row] = []
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(options.jobs) as pool:
        for env_name in options.env:
            grid = list(product(AGENTS, range(1, options.seeds + 1)))
            train_one = partial(train, env_name=env_name, overrides=overrides, folder=Path(scratch))
            trained = dict(zip(grid, pool.map(train_one, *zip(*grid, strict=True)), strict=True))
            rows += rows_of(env_name, trained, options.networks, options.jobs)
    report.show("reward per step", rows)
    report.save("cleanrl_ppo", rows)


if __name__ == "__main__":
    main()
