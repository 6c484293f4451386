"""Does PPO learn? It trains through the command line, one run per seed, and then meets `random` on fresh networks.

    python benchmarks/learning.py [--env nqos_split_light] [--seeds 5] [--sessions 3] [--jobs 2] [overrides]

Every run is `netgym train env=ENV agent=ppo seed=SEED sessions=[{},...]` plus the overrides: shipped defaults if there
are none. The trained policy and its rivals then act on the same fresh seeds, on networks that no run has seen. Prints
the mean reward per step with 95 % intervals over runs and writes results/learning.csv.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import report

from netgym_cli import make_env
from netgym_cli.agents._sb3_train import load_model

FRESH = 1000  # first seed that no training run begins with
Policy = Callable[[Any], Any]


def train(seed: int, env_name: str, sessions: int, overrides: Sequence[str], folder: Path) -> Path:
    """One training run through the command line; returns its folder."""
    run = folder / f"seed_{seed}"
    plan = f"sessions=[{','.join(['{}'] * sessions)}]"
    arguments = [f"env={env_name}", "agent=ppo", f"seed={seed}", plan, f"hydra.run.dir={run}", *overrides]
    command = [sys.executable, "-m", "netgym_cli", "train", *arguments]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    report.console.print(f"seed {seed}: trained")
    return run


def training_rewards(run: Path) -> tuple[float, float]:
    """Mean reward per step over the first and the last tenth of the training's episodes."""
    with (run / "metrics" / "episodes.csv").open() as file:
        rewards = [float(row["return"]) / float(row["length"]) for row in csv.DictReader(file)]
    tenth = max(1, len(rewards) // 10)
    return fmean(rewards[:tenth]), fmean(rewards[-tenth:])


def play(env_name: str, seed: int, policy: Policy, steps: int) -> float:
    """Mean reward per step of one fresh session."""
    env = make_env(env_name, seed=seed, steps_per_episode=steps, episodes_per_session=1)
    observation, _ = env.reset()
    rewards = []
    for _ in range(steps):
        observation, reward, *_ = env.step(policy(observation))
        rewards.append(reward)
    env.close()
    return fmean(rewards)


def rivals(run: Path, seed: int, users: int) -> dict[str, Policy]:
    """What acts on the fresh networks: the trained policy, random weights and, for scale, two constant ones."""
    draw = np.random.default_rng(seed)
    wifi = np.tile(np.array([1, 0, 0], np.float32), (users, 1))
    return {
        "ppo": load_model(run / "model.zip", "PPO").act,
        "random": lambda _: draw.random(wifi.shape, dtype=np.float32),
        "equal": lambda _: np.ones_like(wifi),
        "all wifi": lambda _: wifi,
    }


def evaluate(seed: int, run: Path, env_name: str, networks: int, steps: int) -> report.Row:
    """The row of one training run: its rewards while it learnt, and those of all rivals on its fresh networks."""
    users = make_env(env_name).config.num_users  # type: ignore[attr-defined]
    fresh = range(FRESH + seed * networks, FRESH + (seed + 1) * networks)
    first, last = training_rewards(run)
    row: report.Row = {"seed": seed, "first tenth": first, "last tenth": last}
    for name, policy in rivals(run, seed, users).items():
        row[name] = fmean(play(env_name, other, policy, steps) for other in fresh)
    return row


def summary(rows: Sequence[report.Row]) -> list[report.Row]:
    """Mean and interval over runs of every figure, and of the paired difference that is the point."""
    columns = {key: [row[key] for row in rows] for key in rows[0] if key != "seed"}
    columns["ppo - random"] = [row["ppo"] - row["random"] for row in rows]
    intervals = {name: report.interval(values) for name, values in columns.items()}
    return [{"what": name, "reward per step": mean, "+-95%": half} for name, (mean, half) in intervals.items()]


def main() -> None:
    """Trains, evaluates, compares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", default="nqos_split_light", help="environment")
    parser.add_argument("--seeds", type=int, default=5, help="number of training runs")
    parser.add_argument("--sessions", type=int, default=3, help="sessions of a run; 1000 steps each by default")
    parser.add_argument("--networks", type=int, default=3, help="fresh sessions per run")
    parser.add_argument("--steps", type=int, default=40, help="steps of a fresh session")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("overrides", nargs="*", help="overrides for every run, such as agent.gamma=0.5")
    options = parser.parse_args()
    seeds = range(1, options.seeds + 1)
    with tempfile.TemporaryDirectory() as scratch, ProcessPoolExecutor(options.jobs) as pool:
        one = partial(
            train, env_name=options.env, sessions=options.sessions, overrides=options.overrides, folder=Path(scratch)
        )
        runs = list(pool.map(one, seeds))
        ends = partial(evaluate, env_name=options.env, networks=options.networks, steps=options.steps)
        rows = list(pool.map(ends, seeds, runs))
    report.show(f"{options.env}: reward per step of {len(rows)} runs", summary(rows))
    report.save("learning", rows)


if __name__ == "__main__":
    main()
