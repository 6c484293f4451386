"""What there is to see of a run at this moment: its record and the ends of its tables, and never its process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from netgym_cli.runs.below import run_at
from netgym_cli.runs.folder import STATS, STEPS, RunFolder
from netgym_cli.runs.standing import Standing, standing
from netgym_cli.runs.tables import parts_of
from netgym_cli.simulators.stats import Layout, Row, Stats

MOST_STEPS = 240  # rewards that are shown
AT_THAT_MOMENT = (OSError, pa.ArrowException)  # a table becomes one file just now, or a part has gone


@dataclass(frozen=True)
class Seen:
    """What is seen of a run.

    Attributes:
        folder: the run's.
        now: how it stands.
        sim_per_wall: simulated seconds per second since the first step; None if nobody can know.
        returns: of all episodes that have ended, in their order.
        rewards: of the newest steps of the first simulator.
        indicators: name to value, of its newest step.
        place: session, episode and step of the newest measurement; None without one.
        stats: that measurement, of the first simulator; None without one.
    """

    folder: Path
    now: Standing
    sim_per_wall: float | None
    returns: Sequence[float]
    rewards: Sequence[float]
    indicators: dict[str, float]
    place: tuple[int, int, int] | None
    stats: Stats | None


def look(folder: Path) -> Seen:
    """What is seen of the run in `folder` now. Raises `ConfigError` if there is none."""
    run = RunFolder(folder)
    record = run.record()
    episodes = run.episodes()
    steps = _last_rows(run.metrics / STEPS, MOST_STEPS)
    place, stats = _newest(run.metrics / STATS)
    stepping_s = (record.get("wall_s") or 0.0) - (record.get("start_s") or 0.0)
    sim_s = record.get("sim_s")
    return Seen(
        folder=folder,
        now=standing(run),
        sim_per_wall=sim_s / stepping_s if sim_s and stepping_s > 0 else None,
        returns=[] if episodes.empty else episodes["return"].tolist(),
        rewards=[] if steps is None else steps["reward"].to_pylist(),
        indicators={} if steps is None else _indicators(steps),
        place=place,
        stats=stats,
    )


def require_run(folder: Path) -> None:
    """Raises `ConfigError` unless a run was begun in `folder`."""
    run_at(folder).record()


def _indicators(steps: pa.Table) -> dict[str, float]:
    names = steps.column_names
    last = steps.slice(len(steps) - 1).to_pylist()[0] if len(steps) else {}
    return {name: last[name] for name in names[names.index("wall_ms") + 1 :] if last.get(name) is not None}


def _last_rows(path: Path, most: int) -> pa.Table | None:
    """The last rows of the first simulator in a table, complete or not; None if there is nothing to read."""
    kept: list[pa.Table] = []
    try:
        for file in reversed(parts_of(path) if path.is_dir() else [path]):
            with pq.ParquetFile(file) as table:
                for group in reversed(range(table.num_row_groups)):
                    rows = table.read_row_group(group)
                    kept.insert(0, rows.filter(pc.equal(rows["env"], 0)) if "env" in rows.column_names else rows)
                    if sum(map(len, kept)) >= most:
                        break
            if sum(map(len, kept)) >= most:
                break
    except AT_THAT_MOMENT:
        return None
    whole = pa.concat_tables(kept) if kept else None
    return None if whole is None else whole.slice(max(0, len(whole) - most))


def _newest(path: Path) -> tuple[tuple[int, int, int] | None, Stats | None]:
    """The newest measurement in `stats.parquet`, and its place."""
    rows = _last_rows(path, 1)
    if rows is None or not len(rows):
        return None, None
    last: dict[str, Any] = rows.to_pylist()[0]
    wanted = _last_rows(path, 20_000)  # more than one step of any network has
    if wanted is None:
        return None, None
    names = ("session", "episode", "step")
    for name in names:
        wanted = wanted.filter(pc.equal(wanted[name], last[name]))
    values = wanted.to_pylist()
    found: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for value in values:
        found.setdefault((value["source"], value["name"], value["unit"]), []).append((value["id"], value["value"]))
    layout = Layout(tuple(Row(*key, tuple(id for id, _ in each)) for key, each in found.items()))
    numbers = np.array([value for each in found.values() for _, value in each])
    return tuple(last[name] for name in names), Stats(layout, last["ts_ms"], numbers)  # type: ignore[return-value]
