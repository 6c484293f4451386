"""What collecting costs: storing against simulating, and two workers against one."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from statistics import median
from typing import Any

import gymnasium
import report
from timing import Figure, figure
from two_sessions import plain, two_at_once, wait_for_quiet

from netgym_cli.collection.episode_recorder import EpisodeRecorder
from netgym_cli.collection.verb import collect
from netgym_cli.config.compose import compose
from netgym_cli.datasets import DatasetWriter
from netgym_cli.datasets.writer import add
from netgym_cli.experiment.config import typed_run
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.wrappers.build import open_env

ENV = ["env=nqos_split_light"]
NAMES = iter(f"netgym/benchmark/turn_{k}-v0" for k in range(10_000))


class Stopwatch(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Adds up the seconds that steps take."""

    seconds = 0.0

    def step(self, action: Any) -> Any:
        began = time.perf_counter()
        try:
            return self.env.step(action)
        finally:
            self.seconds += time.perf_counter() - began


def storing(turns: int) -> Figure:
    """Seconds per step that recording and writing add to a step of the environment, as a share of the step."""
    config = typed_run(compose([*ENV, "env.episodes_per_session=1000", "agent=system_default", "seed=1"]))
    bare = Stopwatch(open_env(config))
    with DatasetWriter.create(next(NAMES), bare.observation_space, bare.action_space, {"netgym": {}}) as writer:
        recorder = EpisodeRecorder(
            lambda session, k, episode, layout: add(
                writer.folder, k, episode, bare.observation_space, bare.action_space
            )
        )
        recorded = Stopwatch(SequentialSessions(bare, Plan.of(config), [recorder]))
        shares = []
        recorded.reset()
        for _ in range(turns):
            before = recorded.seconds, bare.seconds
            for _ in range(5):
                while True:
                    *_, truncated, _ = recorded.step(None)
                    if truncated:
                        recorded.reset()
                        break
            whole, inner = recorded.seconds - before[0], bare.seconds - before[1]
            shares.append((whole - inner) / inner)
        recorded.close()
    return figure("time that storing adds to a step, share of the step", shares, "< 0.02", median(shares) < 0.02)


def two_workers(turns: int, episodes: int) -> Figure:
    """Episodes per second of two workers over those of one; starting the workers counts."""

    def seconds(workers: int) -> float:
        requests = [*ENV, f"episodes={episodes}", "seeds=8", f"jobs={workers}", f"name={next(NAMES)}"]
        began = time.perf_counter()
        collect(requests, [], True, False, ["netgym"])
        return time.perf_counter() - began

    ratios = []
    for _ in range(turns):
        wait_for_quiet()
        ratios.append(seconds(1) / seconds(2))
    return figure("two workers over one, episodes per second", ratios, ">= 1.8", median(ratios) >= 1.8)


def main() -> None:
    """Measures everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns: a first impression")
    quick = parser.parse_args().quick
    before = report.load()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["MINARI_DATASETS_PATH"] = scratch
        figures = [
            storing(5 if quick else 20),
            two_workers(3 if quick else 5, 80 if quick else 160),
            two_at_once(5 if quick else 15, 20, plain, "two plain loops / one (what this machine gives)"),
        ]
    report.show("Collecting, median over turns", figures)
    report.console.print(f"load average {before:.1f} before, {report.load():.1f} at the end (own work included)")
    report.save("collecting", figures)


if __name__ == "__main__":
    main()
