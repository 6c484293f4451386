"""`netgym plot`: the results of the runs of a grid, with intervals over their seeds."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netgym_cli.analysis.lines import Lines, Run, plain, sortable
from netgym_cli.common import statistics
from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.below import runs_in
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.standing import standing

Y = "return"  # what is drawn unless something else is chosen
BINS = 50  # of a learning curve
UNFINISHED = ("running", "silent", "died", "interrupted")  # states of runs whose tables hold what they have measured


def read(folders: Sequence[Path]) -> tuple[list[Run], list[str]]:
    """The runs in `folders` and directly under them, each once, and remarks on those that are not complete.

    What a run under way, or one that was interrupted or killed, has measured so far is taken; what failed is left out.

    Raises:
        ConfigError: a folder holds no run at all, or none has measured anything that is taken.
    """
    found: dict[Path, RunFolder] = {}
    for folder in folders:
        begun = runs_in(folder)
        if not begun:
            raise ConfigError(f"'{folder}' holds no run; give the folder of a run or of a grid (train -m).")
        for run in begun:
            found.setdefault(run.path.resolve(), run)
    runs, remarks, left_out = [], [], []
    for run in found.values():
        episodes, now = run.episodes(), standing(run)
        if now.status not in ("complete", *UNFINISHED) or episodes.empty:
            left_out.append(run.path)
            remarks.append(f"left out, not complete: {run.path}")
            continue
        runs.append(Run(run.path, run.config(), episodes))
        if now.status in UNFINISHED:
            remarks.append(f"as far as it is ({now.status}, {now.steps} of {now.planned_steps} steps): {run.path}")
    if not runs:
        raise ConfigError(
            f"none of the {len(left_out)} runs is complete, or has ended an episode; the first one is in "
            f"'{left_out[0]}'."
        )
    return runs, remarks


def without_repeats(runs: Sequence[Run]) -> tuple[list[Run], dict[Path, Path]]:
    """Runs that differ in more than their folder, and each further run's folder with that of the one it repeats.

    The same config on the same seeds measures nothing new, and would make an interval over seeds too narrow.
    """
    first: dict[str, Run] = {}
    repeats: dict[Path, Path] = {}
    for run in runs:
        same = json.dumps([run.config, sorted(set(run.episodes["seed"].tolist()))], sort_keys=True, default=str)
        if (original := first.setdefault(same, run)) is not run:
            repeats[run.folder] = original.folder
    return list(first.values()), repeats


def points(runs: Sequence[Run], x: str, y: str, lines: Lines, last: float) -> pd.DataFrame:
    """One row per line and point on it: `by`, `x`, `mean`, `low`, `high` (95 % interval over runs), `runs`.

    Args:
        runs: as `read` returns them.
        x: key of the config that the horizontal axis shows.
        y: column of episodes.csv.
        lines: what the lines differ in.
        last: share of the last episodes that `y` is averaged over, above 0, to 1.

    Raises:
        ConfigError: unknown key or column.
    """
    results: dict[tuple[Any, Any], list[float]] = {}
    for run in runs:
        results.setdefault((lines.label(run), plain(run.value(x))), []).append(run.result(y, last))
    rows = [
        {"by": line, "x": where, **statistics.of_measured(values)._asdict()}
        for (line, where), values in results.items()
    ]
    table = pd.DataFrame(rows).rename(columns={"seeds": "runs"})
    return table.sort_values(["by", "x"], key=lambda column: column.map(sortable), ignore_index=True)


def curves(runs: Sequence[Run], y: str, lines: Lines) -> tuple[pd.DataFrame, list[str]]:
    """Learning curves: as `points`, with environment steps as `x`, and notes on what is not in them.

    All runs have the same bins, about 50, as wide as a whole number of the longest episodes: an episode counts in the
    bin that it ends in, and a point stands in the middle of its bin. A line has the bins that all of its runs have gone
    through; the steps behind them, and bins in which a run ended no episode, are left out.
    """
    for run in runs:
        run.result(y, 1.0)
    width = bin_width(runs)
    rows, rests, short = [], [], []
    by_line: dict[Any, list[Run]] = {}
    for run in runs:
        by_line.setdefault(lines.label(run), []).append(run)
    for line, members in sorted(by_line.items(), key=lambda item: sortable(item[0])):
        binned = [_means(run, y, width) for run in members]
        steps = [int(run.episodes["length"].sum()) for run in members]
        whole = min(steps) // width
        for number in range(whole):
            if all(number in means for means in binned):
                estimate = statistics.of_measured([means[number] for means in binned])
                rows.append({"by": line, "x": (number + 0.5) * width, **estimate._asdict()})
        if whole:
            rests.append(max(steps) - whole * width)
        else:
            short.append(str(line))
    if not rows:
        raise ConfigError(f"no run has gone through {width} steps, as the longest episode has; give --x KEY instead.")
    notes = [f"left out, a run has less than {width} steps, as the longest episode has: {line}" for line in short]
    if any(rests):
        notes.append(
            f"left out: up to {max(rests)} steps at the end that fill no bin of {width} steps in all runs of a line"
        )
    return pd.DataFrame(rows).rename(columns={"seeds": "runs"}), notes


def bin_width(runs: Sequence[Run]) -> int:
    """Steps of a bin: a whole number of the longest episode, so that the longest run has about 50 bins."""
    longest = max(int(run.episodes["length"].max()) for run in runs)
    total = max(int(run.episodes["length"].sum()) for run in runs)
    return longest * max(1, math.ceil(total / (BINS * longest)))


def _means(run: Run, y: str, width: int) -> dict[int, float]:
    """Bin to the mean of `y` over the episodes that end in it."""
    numbers = (run.episodes["length"].cumsum() - 1) // width
    means: dict[int, float] = run.episodes[y].astype(np.float64).groupby(numbers).mean().to_dict()
    return means


def table_rows(table: pd.DataFrame) -> list[list[str]]:
    """The rows of `points` as text."""
    rows = []
    for row in table.itertuples():
        interval = "" if pd.isna(row.low) else f"[{row.low:.4g}, {row.high:.4g}]"
        rows.append([str(row.by), str(row.x), f"{row.mean:.4g}", interval, str(row.runs)])
    return rows


def common_title(runs: Sequence[Run]) -> str:
    """What all runs have in common: their environment and agent, by the names that were chosen."""
    chosen = {group: {run.choices[group] for run in runs} for group in ("env", "agent")}
    return ", ".join(next(iter(names)) for names in chosen.values() if len(names) == 1)


def titled(runs: Sequence[Run], which: str) -> str:
    """The same, and which part of the runs is meant."""
    return ", ".join(filter(None, [common_title(runs), which]))
