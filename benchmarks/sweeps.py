"""What a sweep costs beside its jobs: how fast a complete one is looked through, and what a second job at once brings.

    python benchmarks/sweeps.py [--only resume jobs] [--turns 3]

resume: seconds of `netgym sweep --resume` and of the same command again where all 1,000 jobs are complete, from the
start of the process to its end, on the clock and of processor time, which does not depend on what else the machine
does; target: less than 2 s.
jobs: 8 short jobs of env=gym with `jobs=1` and with `jobs=2`, in turns; target: at least 1.8 times as fast on two idle
cores.

Prints a table and writes results/sweeps.csv.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import report
from timing import Figure, figure, timed

from netgym_cli.jobs.sweep_file import Point, SweepFile

JOBS = 1000
KINDS = ("s", "s of processor time")
MOST_S, LEAST_RATIO = 2.0, 1.8
NETGYM = [sys.executable, "-m", "netgym_cli"]
GRID = ["env=gym", "agent=random", "sessions=1"]
SHORT = ["env=gym", "agent=ppo_gym", "sessions=1", "env.episodes_per_session=40", "seed=range(0,8)"]


def netgym(folder: Path, *words: str) -> None:
    """Runs a command in a folder; what it prints is kept for a failure."""
    done = subprocess.run([*NETGYM, *words], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)


def complete_sweep(folder: Path) -> list[str]:
    """Fills `folder/grid` with a sweep of which every job is complete; returns the overrides of the command."""
    netgym(folder, "train", "-m", *GRID, "seed=0", "hydra.sweep.dir=one")
    grid = folder / "grid"
    grid.mkdir()
    overrides = [*GRID, f"seed=range(0,{JOBS})", "hydra.sweep.dir=grid"]
    points = [Point(number, str(number), (*GRID, f"seed={number}"), "") for number in range(JOBS)]
    os.chdir(folder)
    said = {"command": ["netgym", "train", "-m", *overrides], "config_dirs": [], "overrides": overrides, "hydra": []}
    SweepFile.new(points, **said, n_jobs=None, retries=1).create(grid)
    for point in points:
        shutil.copytree(folder / "one" / "0", grid / point.folder)
    return overrides


def resuming(turns: int) -> list[Figure]:
    """How long it takes to see that nothing is missing."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        overrides = complete_sweep(folder)
        words = {
            "netgym sweep --resume": ["sweep", "--resume", "grid"],
            "the same command": ["train", "-m", *overrides],
        }
        taken: dict[str, list[float]] = {f"{name}, {kind}": [] for name in words for kind in KINDS}
        for _ in range(turns):
            for name, command in words.items():
                before = processor_s()
                taken[f"{name}, s"].append(timed(lambda command=command: netgym(folder, *command)))  # type: ignore[misc]
                taken[f"{name}, s of processor time"].append(processor_s() - before)
    target = f"< {MOST_S:g} s"
    return [
        figure(f"{JOBS} complete jobs: {what}", seconds, target, median(seconds) < MOST_S)
        for what, seconds in taken.items()
    ]


def processor_s() -> float:
    """Processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def side_by_side(turns: int) -> list[Figure]:
    """How much faster a sweep is with two jobs at once."""
    ratios = []
    for _ in range(turns):
        seconds = []
        for jobs in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                words = ["train", "-m", *SHORT, f"jobs={jobs}", "hydra.sweep.dir=grid"]
                seconds.append(timed(lambda words=words, folder=folder: netgym(Path(folder), *words)))  # type: ignore[misc]
        ratios.append(seconds[0] / seconds[1])
    return [figure("8 short jobs, jobs=2 over jobs=1", ratios, f">= {LEAST_RATIO:g}", median(ratios) >= LEAST_RATIO)]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=("resume", "jobs"), default=("resume", "jobs"))
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    measured = {"resume": resuming, "jobs": side_by_side}
    rows = [line for name in asked.only for line in measured[name](asked.turns)]
    report.show(f"sweeps, load {report.load():.1f}", rows)
    report.save("sweeps", rows)


if __name__ == "__main__":
    main()
