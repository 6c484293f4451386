"""What several simulators in one training bring, and what they cost the process that trains.

    python benchmarks/parallel_training.py [--turns 3] [--steps 200] [--only speed cost]

speed: trainings of PPO with `agent.n_envs=N` against N trainings of one simulator each on the same networks, steps per
second from the first step on, learning included, in turns. On an idle machine; the ratios are compared with the targets
for two cores.
cost: processor time of the training process per step and its memory, with 1 and with 16 simulators of rmcat, whose
steps are the shortest, without a learner; with and without the tables of a run.

Prints tables and writes results/parallel_training.csv and results/parallel_cost.csv.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import report
from memory import descendants, private_mb

from netgym_cli.config.compose import compose
from netgym_cli.experiment.config import typed_run
from netgym_cli.experiment.opening import open_sessions
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.single import as_vector
from netgym_cli.wrappers.required_simulators import prepare_simulators

SPEED = (("nqos_split_light", 2, 1.8), ("nqos_split", 2, 1.6), ("nqos_split", 4, 1.8))  # simulators, least ratio
MANY = 16
MOST_US, MOST_MB = 200.0, 1.0  # of the training process: per step, and per simulator after the first
MOST_LOAD = 0.5  # of the machine before a figure counts


def overrides(env_name: str, n_envs: int, steps: int, seed: int) -> list[str]:
    """A training in one session of so many steps per simulator."""
    return [
        *(f"env={env_name}", "agent=ppo", f"agent.n_envs={n_envs}", "agent.n_steps=20", "agent.batch_size=20"),
        *(f"seed={seed}", "sessions=1", "env.episodes_per_session=1", f"env.steps_per_episode={steps}"),
        "evaluate_at_end=0",
    ]


def stepping(words: list[str]) -> tuple[int, float]:
    """Steps of a training, and the seconds from the first one on."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "netgym_cli", "train", *words, f"hydra.run.dir={folder}/run"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        record = json.loads(Path(folder, "run", "run.json").read_text())
    return record["steps"], record["wall_s"] - record["start_s"]


def speed(env_name: str, n_envs: int, steps: int, turns: int, target: float) -> report.Row:
    """Steps per second with so many simulators and with one, in turns, and their ratio."""
    ratios, several, single = [], [], []
    for turn in range(turns):
        words = overrides(env_name, n_envs, steps, seed=turn + 1)
        done, seconds = stepping(words)
        several.append(done / seconds)
        seeds = Plan.of(typed_run(compose(words))).all_seeds
        alone = [stepping(overrides(env_name, 1, steps, seed)) for seed in seeds if seed is not None]
        single.append(sum(done for done, _ in alone) / sum(seconds for _, seconds in alone))
        ratios.append(several[-1] / single[-1])
    ratio = median(ratios)
    return {
        "env": env_name,
        "n_envs": n_envs,
        "turns": turns,
        "steps/s": median(several),
        "alone, steps/s": median(single),
        "ratio": ratio,
        "least": min(ratios),
        "most": max(ratios),
        "target": target,
        "reached": ratio >= target,
    }


def cost(n_envs: int, steps: int, recorded: bool, far: Any) -> None:
    """Walks through a session of rmcat in so many simulators and sends what it cost this process."""
    words = ["env=rmcat", "agent=ppo", f"agent.n_envs={n_envs}", "sessions=1", "env.episodes_per_session=4"]
    config = typed_run(compose([*words, f"env.steps_per_episode={steps}", "seed=1"]))
    prepare_simulators(config)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(as_vector(open_sessions(config, Plan.of(config)))) as sessions,
    ):
        if recorded:
            sessions.observers = [Recorder(Path(folder, "metrics"), n_envs)]
        actions = np.stack([sessions.action_space.sample() for _ in range(n_envs)])
        sessions.reset()
        for _ in range(steps):  # what is made once is made now
            sessions.step(actions)
        began, began_s, done = time.process_time(), time.perf_counter(), 0
        for _ in range(2 * steps):
            sessions.step(actions)
            done += n_envs
        spent, seconds = time.process_time() - began, time.perf_counter() - began_s
        simulators = sum(map(private_mb, descendants(os.getpid())))
        far.send(
            {
                "n_envs": n_envs,
                "tables": recorded,
                "us/step": 1e6 * spent / done,
                "steps/s": done / seconds,
                "process, MB": private_mb(os.getpid()),
                "simulators, MB": simulators,
            }
        )


def costs(steps: int) -> list[report.Row]:
    """What 1 and many simulators cost, each in a process of its own."""
    rows = []
    for recorded in (False, True):
        for n_envs in (1, MANY):
            context = get_context("spawn")
            near, far = context.Pipe(duplex=False)
            process = context.Process(target=cost, args=(n_envs, steps, recorded, far))
            process.start()
            far.close()
            rows.append(near.recv())
            process.join()
        one, many = rows[-2:]
        for row in (one, many):
            row["MB per simulator"] = (many["process, MB"] - one["process, MB"]) / (MANY - 1)
            row["reached"] = many["us/step"] <= MOST_US and row["MB per simulator"] < MOST_MB
    return rows


def main() -> None:
    """Measures, shows and saves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--steps", type=int, default=200, help="of every simulator in a training")
    parser.add_argument("--only", nargs="+", choices=("speed", "cost"), default=("speed", "cost"))
    given = parser.parse_args()
    if report.load() > MOST_LOAD:
        report.console.print(f"the machine is busy (load {report.load():.1f}): ratios say less, seconds nothing")
    if "cost" in given.only:
        rows = costs(steps=100)
        report.show(f"the training process; targets: {MOST_US:g} us per step, {MOST_MB:g} MB per simulator", rows)
        report.save("parallel_cost", rows)
    if "speed" in given.only:
        rows = [speed(env, n_envs, given.steps, given.turns, target) for env, n_envs, target in SPEED]
        report.show("steps per second of a training, learning included", rows)
        report.save("parallel_training", rows)


if __name__ == "__main__":
    main()
