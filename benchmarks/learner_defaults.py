"""Which settings of PPO learn most from few steps: trainings on the twin of nqos_split, judged on fresh networks.

    python benchmarks/learner_defaults.py [--seeds 3] [--steps 3000] [--change KEY=VALUE,VALUE ...] [WORD ...]

Begins with the settings of `experiment=nqos_split_ppo` and changes one key at a time: those of `CHANGES`, or those that
are given. WORDs are added to all. A training is judged on 100 networks of 20 steps, whose seeds begin at 2000000, apart
from those of trainings (1, 2, 3, ...) and of evaluations (from 1000000). Prints a table and writes
results/learner_defaults.csv.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import report

from netgym_cli.config.compose import compose
from netgym_cli.config.schema import RunConfig
from netgym_cli.envs.base import adapter_of
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.experiment.task import Task
from netgym_cli.simulators.fluid.batch import FluidBatch
from netgym_cli.simulators.stats import Stats

BASE = ["experiment=nqos_split_ppo", "simulator=fluid", "evaluate_at_end=0", "agent.checkpoint_every_steps=0"]
CHANGES = {
    "agent.policy": ["auto"],
    "agent.action": ["box"],
    "env.features": ["networkgym", "rates"],
    "agent.learning_rate": ["linear:0.001", "linear:0.006"],
    "agent.gamma": ["0", "0.7", "0.9"],
    "agent.n_steps": ["16", "40"],
    "agent.n_epochs": ["5"],
    "agent.policy_kwargs.log_std_init": ["-1.6", "-0.3"],
}
NETWORKS, STEPS, FIRST_SEED = 100, 20, 2_000_000


def earned(config: RunConfig, folder: Path) -> float:
    """Mean reward per step of the trained agent on networks of their own."""
    task = Task.of(config, folder, False, FIRST_SEED, 1)
    agent, adapter = task.agent(), adapter_of(config.env)
    agent.begin(task.sessions(), FIRST_SEED)
    trained = agent.trained
    networks = FluidBatch(config.simulator, adapter.scenario, adapter.settings(), NETWORKS)
    values, rewards = networks.start(FIRST_SEED + np.arange(NETWORKS)), []
    for _ in range(STEPS):
        observations = adapter.observation(Stats(networks.layout, 0.0, values))
        actions, _ = trained.model.predict(trained.normalization.apply(observations), deterministic=True)
        values = networks.step(adapter.encode_action(trained.forms.act(actions)))
        rewards.append(adapter.reward(Stats(networks.layout, 0.0, values)))
    return float(np.mean(rewards))


def judged(words: list[str], seeds: int) -> list[float]:
    """What the trainings of these words earn, one per seed."""
    figures = []
    for seed in range(1, seeds + 1):
        config = typed_run(compose([*BASE, *words, f"seed={seed}"]))
        with tempfile.TemporaryDirectory() as place:
            run.check(config)
            run.train(config, Path(place) / "run", ["netgym"], console=False)
            figures.append(earned(config, Path(place) / "run"))
    return figures


def main() -> None:
    """Trains, prints and stores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--change", nargs="*", default=[])
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    chosen = dict(change.split("=", 1) for change in given.change)
    changes = {key: values.split(",") for key, values in chosen.items()} or CHANGES
    rows = []
    for word in ["as it is", *(f"{key}={value}" for key, values in changes.items() for value in values)]:
        words = [*given.words, f"steps={given.steps}", *([] if word == "as it is" else [word])]
        figures = judged(words, given.seeds)
        rows.append({"setting": word, "reward": np.mean(figures), "lowest": min(figures), "highest": max(figures)})
        print(rows[-1], flush=True)
    report.show(f"PPO after {given.steps} steps on the twin of nqos_split", rows)
    report.save("learner_defaults", rows)


if __name__ == "__main__":
    main()
