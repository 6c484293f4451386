"""What a training on a fluid twin costs, all in: CPU time per step by part, and memory, in one process on one core.

    python benchmarks/twin_training.py [--steps 1000000] [WORD ...]

Words are added to those of the training, as `agent.policy=per_user`. CPU time is the process's, so that other programs
disturb it little (they do by caches and shared cores: a busy machine is up to twice as slow). Tables and record are
written as in every run. Prints a table and writes results/twin_training.csv.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import report
from report import Row
from stable_baselines3 import PPO

from netgym_cli.config.compose import compose
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.batched import BatchedSessions
from netgym_cli.simulators.fluid.batch import FluidBatch

TRAINING = [
    *("env=nqos_split", "simulator=fluid", "agent=ppo", "agent.policy=MlpPolicy", "evaluate_at_end=0"),
    *("agent.n_envs=256", "env.steps_per_episode=40", "env.episodes_per_session=1"),
    *("agent.n_steps=16", "agent.batch_size=1024", "agent.n_epochs=4", "agent.gamma=0.9", "agent.target_kl=0.05"),
    "agent.checkpoint_every_steps=0",
]
SAMPLES = 50  # of memory
MOST_GROWTH_MB = 8.0


class Clock:
    """CPU seconds spent inside some methods, without those of others that they call."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._inside: list[float] = []

    def watch(self, part: str, owner: type, *methods: str) -> None:
        """Adds up the time in these methods of a class as that of `part`."""
        for method in methods:
            setattr(owner, method, self._timed(part, getattr(owner, method)))

    def _timed(self, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **keywords: Any) -> Any:
            began = time.process_time()
            self._inside.append(0.0)
            try:
                return method(*arguments, **keywords)
            finally:
                took = time.process_time() - began
                self.spent[part] = self.spent.get(part, 0.0) + took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took

        return timed


def resident_mb() -> float:
    """Private memory of this process, MB."""
    pairs = (line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {pair[0].rstrip(":"): int(pair[1]) for pair in pairs}
    return (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) / 1024


def trained(steps: int, words: list[str]) -> tuple[list[Row], list[tuple[int, float]]]:
    """Rows of the table, and memory (MB) at some numbers of steps."""
    given = typed_run(compose([*TRAINING, *words]))
    each = given.n_envs * given.env.steps_per_episode * given.env.episodes_per_session
    sessions = max(1, round(steps / each))
    config = typed_run(compose([*TRAINING, *words, f"sessions={sessions}"]))
    run.check(config)
    clock, memory = Clock(), list[tuple[int, float]]()
    clock.watch("kernel", FluidBatch, "start", "step")
    recorded = ("sessions_started", "episodes_started", "steps", "episodes_ended", "sessions_ended", "close")
    clock.watch("tables", Recorder, *recorded)
    clock.watch("adapter and sessions", BatchedSessions, "reset", "step")
    clock.watch("gradient steps", PPO, "train")
    began_session = BatchedSessions._begin_session

    def sampled(self: BatchedSessions) -> Any:
        if self.session % max(1, sessions // SAMPLES) == 0:
            memory.append((max(self.session, 0) * each, resident_mb()))
        return began_session(self)

    BatchedSessions._begin_session = sampled  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        summary = run.train(config, Path(folder) / "run", ["netgym"], console=False)
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    parts = {**clock.spent, "actions, scaling, buffers": cpu_s - sum(clock.spent.values())}
    rows = [
        {"part": part, "us per step": 1e6 * spent / summary.steps, "share, %": 100 * spent / cpu_s}
        for part, spent in {**parts, "all": cpu_s}.items()
    ]
    per_s = summary.steps / cpu_s
    print(f"{summary.steps} steps: {cpu_s:.1f} CPU s, {per_s:.0f} steps per CPU s; {wall_s:.1f} s of wall")
    besides = 1e6 * (parts["tables"] + parts["adapter and sessions"]) / summary.steps
    print(f"besides kernel and learner {besides:.1f} us per step")
    return rows, memory


def main() -> None:
    """Measures, prints and stores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    rows, memory = trained(given.steps, given.words)
    report.show("a training on the twin of nqos_split", rows)
    later = [(steps, used) for steps, used in memory if steps >= memory[-1][0] / 2]
    growth = later[-1][1] - later[0][1]
    verdict = "flat" if growth <= MOST_GROWTH_MB else "NOT flat"
    print(f"memory {later[-1][1]:.0f} MB, {growth:+.1f} MB in the second half: {verdict}")
    report.save("twin_training", rows)


if __name__ == "__main__":
    main()
