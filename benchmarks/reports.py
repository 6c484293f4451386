"""What `netgym report` of a sweep of 50 runs takes: seconds, and bytes of the page.

    python benchmarks/reports.py [--turns 3] [--keep DIR]

Five rules with ten seeds each on the fluid twin of rmcat, 1,000 steps a run with all measurements, and an evaluation of
the rules; then the report of both, as a command, from the start of the process to its end: on the clock, and of
processor time, which does not depend on what else the machine does. Targets: less than 20 s and less than 5 MB.

Prints a table and writes results/reports.csv.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median

import report
from sweeps import netgym, processor_s
from timing import Figure, figure, timed

import netgym_cli

RULES = ("random", "system_default", "delay_aimd", "rate_matching", "loss_aimd")
SEEDS, STEPS = 10, 1000
MOST_S, MOST_BYTES = 20.0, 5_000_000
WHERE = ["env=rmcat", "simulator=fluid"]


def make_sweep(folder: Path) -> None:
    """Fills `folder/runs` with the runs and `folder/evaluated` with the evaluation."""
    for number in range(len(RULES) * SEEDS):
        rule, seed = RULES[number // SEEDS], number % SEEDS
        if (folder / "runs" / str(number)).exists():
            continue
        words = [*WHERE, f"agent={rule}", f"seed={seed}", f"steps={STEPS}", f"hydra.run.dir={folder}/runs/{number}"]
        with redirect_stdout(StringIO()):
            netgym_cli.train(words)
    netgym(folder, "evaluate", *WHERE, f"agent={','.join(RULES)}", "episodes=2", "seeds=10", "-o", "evaluated")


def reporting(folder: Path, turns: int) -> list[Figure]:
    """How long the report takes, and how large it is."""
    clock, processor = [], []
    for _ in range(turns):
        before = processor_s()
        clock.append(timed(lambda: netgym(folder, "report", "runs", "evaluated", "-o", "report.html")))
        processor.append(processor_s() - before)
    size = (folder / "report.html").stat().st_size
    what = f"report of {len(RULES) * SEEDS} runs"
    return [
        figure(f"{what}, s", clock, f"< {MOST_S:g} s", median(clock) < MOST_S),
        figure(f"{what}, s of processor time", processor, f"< {MOST_S:g} s", median(processor) < MOST_S),
        figure(f"{what}, MB", [size / 1e6], f"< {MOST_BYTES / 1e6:g} MB", size < MOST_BYTES),
    ]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3, help="how often the report is made")
    parser.add_argument("--keep", type=Path, help="a folder for the runs, used again if it holds them")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = (args.keep or Path(place)).absolute()
        if not (folder / "evaluated").exists():
            folder.mkdir(parents=True, exist_ok=True)
            make_sweep(folder)
        rows = reporting(folder, args.turns)
    report.show(f"reports, load {report.load():.1f}", rows)
    report.save("reports", rows)


if __name__ == "__main__":
    main()
