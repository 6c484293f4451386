"""Does the memory of a run grow with its steps? Every environment and every channel, 10,000 steps of random actions.

    python benchmarks/memory.py [--steps N] [--only NAME ...] [--merge]

Each case is a run in a process of its own, tables and record included. Measured at a hundred moments: private memory
(what a process has written and shares with no other) of the run's process, and of the simulators below it together.
Flat means: in the second half of the steps neither grows by more than 8 MB; buffers of tables fill in the first. Writes
results/memory.csv (every sample) and results/memory.png (the curves). `--merge` keeps the rows of cases that are not
measured this time.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import tempfile
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import report
from report import RESULTS, Row

from netgym_cli.config.compose import compose
from netgym_cli.config.conf_dirs import members
from netgym_cli.experiment.config import typed_run
from netgym_cli.experiment.run import make_agent
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.step import Observer, Step
from netgym_cli.wrappers.build import open_env
from netgym_cli.wrappers.required_simulators import prepare_simulators

STEPS = 10_000
SAMPLES = 100
MOST_GROWTH_MB = 8.0
GYM_EPISODE = 200
GYM = ["env=gym", "env.id=Pendulum-v1", f"env.steps_per_episode={GYM_EPISODE}"]
ACTION_CHANNELS = ("gilbert_elliott", "link", "ns3_wifi")
LEARNERS = ("ppo", "cleanrl_ppo")
TWINS = ("nqos_split", "qos_steer", "dynamic_qos", "network_slicing", "energy_saving", "rmcat", "custom")


def cases(steps: int) -> dict[str, list[str]]:
    """Overrides of each case by its name."""
    session = ["sessions=1", "env.episodes_per_session=1", f"env.steps_per_episode={steps}", "agent=random"]
    gym = [*GYM, "sessions=1", f"env.episodes_per_session={max(1, steps // GYM_EPISODE)}", "agent=random"]
    return {
        **{name: [f"env={name}", *session] for name in members("env") if name != "gym"},
        **{f"{name}, twin": [f"env={name}", "simulator=fluid", *session] for name in TWINS},
        **{f"gym, channel {name}": [*gym, f"channel={name}"] for name in members("channel")},
        **{f"gym, action channel {name}": [*gym, f"channel.action={name}"] for name in ACTION_CHANNELS},
        **{f"custom, agent {name}": ["env=custom", *session[:-1], f"agent={name}"] for name in LEARNERS},
    }


def private_mb(pid: int) -> float:
    """Memory that a process has written and shares with no other, MB; 0 if it has ended.

    Pages of libraries are left out: whose they are depends on who else has them open.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(kb) for kb in re.findall(r"^Private_Dirty: +(\d+) kB", text, re.MULTILINE)) / 1e3


def descendants(pid: int) -> list[int]:
    """Children of a process, their children and so on."""
    pids = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            pids += [child, *descendants(child)]
    return pids


class Sampler(Observer):
    """Takes a sample now and then.

    Args:
        case: name for the rows.
        every: steps from one sample to the next.
    """

    def __init__(self, case: str, every: int) -> None:
        self.case, self.every, self.steps, self.rows = case, every, 0, list[Row]()

    def step(self, step: Step) -> None:
        """Counts the step and takes a sample if one is due."""
        self.steps += 1
        if self.steps % self.every == 0 and not step.terminated:  # a session's end has ended its simulator
            pid = os.getpid()
            simulators = sum(map(private_mb, descendants(pid)))
            self.rows.append(
                {"case": self.case, "step": self.steps, "run_mb": private_mb(pid), "simulators_mb": simulators}
            )


def measure(case: str, overrides: list[str], every: int, far: Any) -> None:
    """Runs a case in this process and sends its samples."""
    config = typed_run(compose([*overrides, "seed=1"]))
    agent = make_agent(config)
    plan = agent.plan(config)
    sampler = Sampler(case, every)
    with tempfile.TemporaryDirectory() as scratch:
        recorder = Recorder(RunFolder(Path(scratch)).metrics)
        record = RunRecord(Path(scratch), ["netgym", "train", *overrides], config, plan.total_steps, recorder)
        with closing(SequentialSessions(open_env(config), plan, (recorder, record, sampler))) as env:
            prepare_simulators(config)
            agent.learn(env, config.seed, Path(scratch))
            recorder.close("complete", "")
    far.send(sampler.rows)


def measured(case: str, overrides: list[str], every: int) -> list[Row]:
    """Samples of a case that runs in a process of its own."""
    spawning = get_context("spawn")
    near, far = spawning.Pipe(duplex=False)
    process = spawning.Process(target=measure, args=(case, overrides, every, far))
    process.start()
    far.close()
    rows: list[Row] = near.recv()
    process.join()
    return rows


def verdict(samples: list[Row]) -> Row:
    """What one case's samples say."""
    last = samples[-1]
    begin = next(row for row in samples if 2 * row["step"] >= last["step"])
    grown = {key: last[key] - begin[key] for key in ("run_mb", "simulators_mb")}
    return {
        "case": last["case"],
        "steps": last["step"],
        "run, MB": last["run_mb"],
        "run grew by, MB": grown["run_mb"],
        "simulators, MB": last["simulators_mb"],
        "simulators grew by, MB": grown["simulators_mb"],
        "flat": "yes" if max(grown.values()) <= MOST_GROWTH_MB else "NO",
    }


def draw(by_case: dict[str, list[Row]]) -> None:
    """A panel for each case: memory of its run and of its simulators over the steps."""
    across = 6
    down = -(-len(by_case) // across)
    figure, panels = plt.subplots(down, across, figsize=(13, 1.6 * down), layout="constrained", squeeze=False)
    for panel in panels.flat[len(by_case) :]:
        panel.set_axis_off()
    for panel, (case, samples) in zip(panels.flat, by_case.items(), strict=False):
        steps = [row["step"] / 1000 for row in samples]
        panel.plot(steps, [row["run_mb"] for row in samples], color="#0072b2", label="the run's process")
        panel.plot(steps, [row["simulators_mb"] for row in samples], color="#d55e00", label="its simulators")
        panel.set_title(case, fontsize=7)
        panel.set_ylim(0, None)
        panel.tick_params(labelsize=6)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=8, frameon=False)
    figure.supxlabel("thousand steps", fontsize=8)
    figure.supylabel("private memory, MB", fontsize=8)
    figure.savefig(RESULTS / "memory.png", dpi=110)


def earlier() -> list[Row]:
    """Samples of the measurement before this one."""
    with (RESULTS / "memory.csv").open() as file:
        rows: list[Row] = list(csv.DictReader(file))
    for row in rows:
        row.update(step=int(row["step"]), run_mb=float(row["run_mb"]), simulators_mb=float(row["simulators_mb"]))
    return rows


def main() -> None:
    """Measures, shows and saves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="cases to measure; default: all")
    parser.add_argument("--merge", action="store_true", help="keep the rows of cases that are not measured now")
    given = parser.parse_args()
    chosen = cases(given.steps)
    if given.only is not None:
        chosen = {name: chosen[name] for name in given.only}
    by_case: dict[str, list[Row]] = {}
    if given.merge:
        for row in earlier():
            by_case.setdefault(row["case"], []).append(row)
    for case, overrides in chosen.items():
        by_case[case] = measured(case, overrides, max(1, given.steps // SAMPLES))
        report.save("memory", [row for samples in by_case.values() for row in samples])
    report.show(f"private memory over {given.steps} steps", [verdict(samples) for samples in by_case.values()])
    draw(by_case)


if __name__ == "__main__":
    main()
