"""What a run left behind, held against the run that nothing happened to."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas.testing import assert_frame_equal

WALL = ["wall_ms", "wall_s", "start_s"]
STATUS_OF_CODE = {
    0: {"complete"},
    1: {"failed"},
    128 + signal.SIGINT: {"interrupted"},
    128 + signal.SIGTERM: {"interrupted"},
    128 + signal.SIGHUP: {"interrupted"},
    -signal.SIGKILL: {"running", "complete"},  # killed in mid-run, or between its last word and its end
}


@dataclass(frozen=True)
class Tables:
    """The tables of a run, without what depends on the clock."""

    steps: pd.DataFrame
    stats: pd.DataFrame
    episodes: pd.DataFrame
    sessions: pd.DataFrame

    @staticmethod
    def of(folder: Path) -> Tables:
        """Reads all four; whatever cannot be read is an error, whatever is not there is empty."""
        metrics = folder / "metrics"
        return Tables(
            *(_read(metrics / name) for name in ("steps.parquet", "stats.parquet", "episodes.csv", "sessions.csv"))
        )


def _read(path: Path) -> pd.DataFrame:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return pd.DataFrame()
    table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    return table.drop(columns=WALL, errors="ignore")


def examine(folder: Path, code: int, reference: Tables) -> str:
    """What is in a run's folder after it ended with an exit code; returns a word for it.

    Raises `AssertionError` for whatever must not be: an unreadable table, a number that differs from the reference, a
    table that speaks of steps that are not there, a record that says something else than exit code and tables.
    """
    if not (folder / "run.json").exists():
        assert code not in (0, 1), f"exit {code}, but there is no run.json: {sorted(folder.glob('*'))}"
        assert not (folder / "metrics").exists()
        return f"exit {code}, no run begun"
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] in STATUS_OF_CODE.get(code, set()), f"exit {code}, run.json says {record['status']}"
    tables = Tables.of(folder)
    steps = len(tables.steps)
    if steps:
        assert_frame_equal(tables.steps, reference.steps.head(steps))
    if len(tables.stats):
        assert_frame_equal(tables.stats, reference.stats.head(len(tables.stats)))
        last = tables.stats[["session", "episode", "step"]].iloc[-1].to_list()
        known = tables.steps[["session", "episode", "step"]].iloc[-1].to_list() if steps else []
        assert last <= known, f"stats of {last}, steps until {known}"
    if len(tables.episodes):
        assert_frame_equal(tables.episodes, reference.episodes.head(len(tables.episodes)))
    assert tables.episodes["length"].sum() <= steps if len(tables.episodes) else True
    if len(tables.sessions):
        assert tables.sessions["steps"].sum() <= steps
    if record["status"] == "complete":
        assert steps == len(reference.steps) and len(tables.stats) == len(reference.stats)
    if record["status"] != "running":
        assert record["steps"] == steps, f"run.json says {record['steps']} steps, the table has {steps}"
        assert (folder / "error.txt").exists() == (record["status"] == "failed")
        assert not (folder / ".reserve").exists()
    return f"exit {code}, {record['status']}"
