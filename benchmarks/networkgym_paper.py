"""The offline experiment of Haider et al. (NeurIPS 2024 Datasets and Benchmarks, arXiv 2411.04138) on netgym.

Three behaviour policies fill a dataset each; every offline agent learns from every dataset; they, the behaviours, and
PPO and SAC trained online meet test networks that none has seen. Every stage is a `netgym` command, and one that is
done is not done again: after an interruption the same command goes on.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import report

from netgym_cli.common.statistics import estimate, paired

NETGYM = [sys.executable, "-m", "netgym_cli"]
ENV = "nqos_split_paper"
BEHAVIOURS = ("system_default", "utility_logistic", "throughput_argmax")
OFFLINE = ("bc", "td3_bc", "iql", "cql", "ptd3")
ONLINE = ("ppo", "sac")
BASELINE = "system_default"


@dataclass(frozen=True)
class Scale:
    """How much of everything; an episode has 100 steps of 100 ms, but for those of the test."""

    train_seeds: str
    train_episodes: int
    test_seeds: str
    test_episodes: int
    test_steps: int
    updates: int
    online_episodes: int


FULL = Scale("0..63", 6400, "128..167", 32, 100, 10_000, 800)
REDUCED = Scale("0..5", 12, "128..133", 1, 20, 3_000, 12)


class Experiment:
    """The stages in one folder, several commands at once."""

    def __init__(self, scale: Scale, folder: Path, jobs: int) -> None:
        self.scale, self.folder, self.jobs = scale, folder, jobs
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["MINARI_DATASETS_PATH"] = str(folder / "datasets")

    def run(self) -> dict[str, list[float]]:
        """All stages; the mean reward per step of every contender on every test seed, in the order of the seeds."""
        for behaviour in BEHAVIOURS:
            self.collect(behaviour)
        self.side_by_side(self.train, [*ONLINE, *((agent, data) for agent in OFFLINE for data in BEHAVIOURS)])
        contenders = [*BEHAVIOURS, "random", *ONLINE, *(f"{agent}-{data}" for agent in OFFLINE for data in BEHAVIOURS)]
        return {name: self.evaluate(name) for name in contenders}

    def collect(self, behaviour: str) -> None:
        """One behaviour's dataset."""
        episodes, seeds = f"episodes={self.scale.train_episodes}", f"seeds={self.scale.train_seeds}"
        overrides = [f"env={ENV}", f"agent={behaviour}", episodes, seeds, f"jobs={self.jobs}"]
        self.call(f"collect_{behaviour}", "collect", *overrides)

    def train(self, what: str | tuple[str, str]) -> None:
        """One agent, online, or offline from the dataset of one behaviour."""
        if isinstance(what, str):
            name, overrides = what, [
                f"agent={what}", "sessions=1", "evaluate_at_end=0",
                f"env.episodes_per_session={self.scale.online_episodes}",
            ]  # fmt: skip
        else:
            name, overrides = "-".join(what), [
                f"agent={what[0]}", f"dataset=netgym/{ENV}/{what[1]}-v0", f"steps={self.scale.updates}",
                "agent.evaluate_every_steps=0",
            ]  # fmt: skip
        run = self.folder / "runs" / name
        record = run / "run.json"
        if record.is_file() and json.loads(record.read_text())["status"] == "complete":
            return
        self.remove(run)
        self.call(f"train_{name}", "train", f"env={ENV}", *overrides, f"hydra.run.dir={run}")

    def evaluate(self, name: str) -> list[float]:
        """The test seeds, played by a trained run or by a rule of this name."""
        scale, run, output = self.scale, self.folder / "runs" / name, self.folder / "evaluations" / name
        if not (output / "evaluation.json").is_file():
            self.remove(output)
            whom = [str(run)] if run.is_dir() else [f"env={ENV}", f"agent={name}"]
            test = [
                f"seeds={scale.test_seeds}",
                f"episodes={scale.test_episodes}",
                f"env.steps_per_episode={scale.test_steps}",
            ]
            self.call(f"evaluate_{name}", "evaluate", *whom, *test, "--jobs", str(self.jobs), "-o", str(output))
        with (output / "seeds.csv").open() as file:
            return [float(row["reward"]) for row in csv.DictReader(file)]

    def side_by_side(self, work: Callable[..., None], items: Iterable[object]) -> None:
        with ThreadPoolExecutor(self.jobs) as threads:
            for done in [threads.submit(work, item) for item in items]:
                done.result()

    def call(self, name: str, *arguments: str) -> None:
        """Runs a command; what it says goes to logs/, and its failure ends the experiment."""
        log = self.folder / "logs" / f"{name}.txt"
        log.parent.mkdir(exist_ok=True)
        report.console.print("netgym", " ".join(arguments), highlight=False, soft_wrap=True)
        with log.open("w") as file:
            done = subprocess.run([*NETGYM, *arguments], stdout=file, stderr=subprocess.STDOUT)
        if done.returncode:
            raise SystemExit(f"netgym {' '.join(arguments)} failed with {done.returncode}; see {log}")

    def remove(self, folder: Path) -> None:
        """Removes the files of an interrupted command, because netgym overwrites nothing."""
        if folder.exists():
            folder.rename(folder.with_name(f".{folder.name}.{os.getpid()}"))


def rows(rewards: dict[str, list[float]]) -> list[report.Row]:
    """A row per contender: mean reward per step over the test seeds, and its difference to the baseline, by seed."""
    table = []
    for name, values in rewards.items():
        agent, _, data = name.partition("-")
        reward, gain = estimate(values), paired(values, rewards[BASELINE])
        table.append(
            {
                "agent": agent,
                "dataset": data,
                "reward_per_step": reward.mean,
                "low": reward.low,
                "high": reward.high,
                f"minus_{BASELINE}": gain.mean,
                "minus_low": gain.low,
                "minus_high": gain.high,
                "seeds": reward.seeds,
            }
        )
    return sorted(table, key=lambda row: -row["reward_per_step"])


def main() -> None:
    """Runs what is missing and writes the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reduced", action="store_true", help="fewer seeds and steps: about an hour on two cores")
    parser.add_argument("--folder", type=Path, help="where everything goes; else outputs/networkgym_paper[_reduced]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    options = parser.parse_args()
    name = "networkgym_paper" + "_reduced" * options.reduced
    folder = (options.folder or Path("outputs", name)).resolve()
    table = rows(Experiment(REDUCED if options.reduced else FULL, folder, options.jobs).run())
    report.show("Offline experiment: reward per step on unseen networks, 95 % intervals", table)
    report.save(name, table)


if __name__ == "__main__":
    main()
