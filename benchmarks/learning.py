"""Does PPO learn? It trains through the command line, one run per seed, and then meets `random` on fresh networks.

    python benchmarks/learning.py [--env nqos_split_small] [--seeds 5] [--sessions 6] [--episodes 50] [overrides]

Every run is `netgym train env=ENV agent=ppo seed=SEED sessions=[{},...] env.episodes_per_session=50` plus overrides,
so without these the agent is as shipped. Every trained policy and `random` then act on the same fresh seeds, networks
that no run has seen. Prints the mean reward per step with 95 % intervals and writes results/learning*.csv.
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
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import report

from netgym_cli import make_env
from netgym_cli.agents.sb3.training import load_model

FRESH = 1000  # first seed that no training run begins with
Policy = Callable[[Any], Any]


def train(seed: int, env_name: str, sessions: int, overrides: Sequence[str], folder: Path) -> Path:
    """One training run through the command line; returns its folder."""
    run = folder / f"seed_{seed}"
    plan = f"sessions=[{','.join(['{}'] * sessions)}]"
    own = [f"env={env_name}", "agent=ppo", f"seed={seed}", plan, "evaluate_at_end=0", f"hydra.run.dir={run}"]
    arguments = [*own, *overrides]
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


def meet(network: int, seed: int, run: Path, env_name: str, steps: int) -> report.Row:
    """One fresh network, on which a trained policy and random weights act one after the other."""
    draw = np.random.default_rng((seed, network))
    users = make_env(env_name).config.num_users  # type: ignore[attr-defined]
    ppo = play(env_name, network, load_model(run / "model.zip", "PPO").act, steps)
    random = play(env_name, network, lambda _: draw.random((users, 3), dtype=np.float32), steps)
    return {"seed": seed, "network": network, "ppo": ppo, "random": random, "ppo - random": ppo - random}


def means(rows: Sequence[report.Row], key: str, what: str) -> list[float]:
    """Means of `what`, one per value of `key`."""
    groups = sorted({row[key] for row in rows})
    return [fmean(row[what] for row in rows if row[key] == group) for group in groups]


def summary(rows: Sequence[report.Row], trained: Sequence[tuple[float, float]]) -> list[report.Row]:
    """Means with their intervals, over training runs unless something else is said."""
    columns = {
        "training, first tenth": [first for first, _ in trained],
        "training, last tenth": [last for _, last in trained],
        **{what: means(rows, "seed", what) for what in ("ppo", "random", "ppo - random")},
        "ppo - random, over networks": means(rows, "network", "ppo - random"),
    }
    intervals = {what: report.interval(values) for what, values in columns.items()}
    return [{"what": what, "reward per step": mean, "+-95%": half} for what, (mean, half) in intervals.items()]


def main() -> None:
    """Trains, evaluates, compares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", default="nqos_split_small", help="environment")
    parser.add_argument("--seeds", type=int, default=5, help="number of training runs")
    parser.add_argument("--sessions", type=int, default=6, help="sessions of a run, each on another network")
    parser.add_argument("--episodes", type=int, default=50, help="episodes of a session, 10 steps each")
    parser.add_argument("--networks", type=int, default=6, help="fresh networks")
    parser.add_argument("--steps", type=int, default=40, help="steps of a fresh session")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("overrides", nargs="*", help="overrides for every run, such as agent.gamma=0.5")
    options = parser.parse_args()
    seeds = range(1, options.seeds + 1)
    with tempfile.TemporaryDirectory() as scratch, ProcessPoolExecutor(options.jobs) as pool:
        overrides = [f"env.episodes_per_session={options.episodes}", *options.overrides]
        plan = partial(train, env_name=options.env, sessions=options.sessions, overrides=overrides)
        runs = list(pool.map(partial(plan, folder=Path(scratch)), seeds))
        play = partial(meet, env_name=options.env, steps=options.steps)
        grid = product(range(FRESH, FRESH + options.networks), zip(seeds, runs, strict=True))
        games = [pool.submit(play, network, seed, run) for network, (seed, run) in grid]
        rows = [game.result() for game in games]
        figures = summary(rows, [training_rewards(run) for run in runs])
    report.show(f"{options.env}: reward per step of {options.seeds} runs on {options.networks} fresh networks", figures)
    report.save("learning", figures)
    report.save("learning_games", rows)


if __name__ == "__main__":
    main()
