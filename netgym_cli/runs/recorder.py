"""Steps, statistics, episodes and sessions of a run, as four tables."""

from __future__ import annotations

import errno
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from netgym_cli.common.errors import SessionError
from netgym_cli.common.interruption import Deferred
from netgym_cli.runs.folder import EPISODES, SESSIONS, STATS, STEPS
from netgym_cli.runs.stats_table import encode_stats
from netgym_cli.runs.tables import CsvTable, ParquetTable, RowsLost, replace_csv
from netgym_cli.sessions.step import Observer, Step
from netgym_cli.simulators.stats import Layout

STEP_COLUMNS = (
    ("session", pa.int32()),
    ("env", pa.int32()),
    ("episode", pa.int32()),
    ("step", pa.int32()),
    ("total_step", pa.int64()),
    ("sim_time_ms", pa.float64()),
    ("reward", pa.float64()),
    ("terminated", pa.bool_()),
    ("truncated", pa.bool_()),
    ("wall_ms", pa.float64()),
)
SESSION_COLUMNS = ("session", "env", "seed", "status", "episodes", "steps", "sim_s", "wall_s", "exit_reason")


@dataclass
class _Session:
    """What is known of one session in one simulator, and of the episode that it is in."""

    row: dict[str, Any]
    started: float
    under_way: bool = True
    stored_steps: int = 0  # rows in steps.parquet
    stored_ms: float = 0.0  # simulated time of the last of them
    stored_episodes: int = 0  # rows in episodes.csv
    rewards: list[float] = field(default_factory=list)
    kpis: list[tuple[float, ...]] = field(default_factory=list)

    def end(self, status: str, reason: str) -> None:
        self.under_way = False
        self.row |= {"status": status, "wall_s": self.wall_s, "exit_reason": reason}

    @property
    def wall_s(self) -> float:
        return round(time.perf_counter() - self.started, 3)

    @property
    def told(self) -> dict[str, Any]:
        """The row as it may be written: it speaks of nothing that the other tables do not hold."""
        counts = {"episodes": self.stored_episodes, "steps": self.stored_steps}
        return self.row | counts | {"sim_s": round(self.stored_ms / 1e3, 3)}


class Recorder(Observer):
    """Writes `steps.parquet`, `stats.parquet`, `episodes.csv` and `sessions.csv`.

    The measurement that begins a session is not the result of an action and so is no row. The flags are those of the
    environment: both true at a session's end. Session, env, episode and step count from 0; `env` is the simulator, of
    those that live a session at once. `total_step` counts the steps of the whole run from 0 on, without a gap.

    Rows of `sessions.csv` stand in the order of session and env. Rows of the other tables stand in the order in which
    they arrived: those of one session and env in their own order, those of several that were under way at once mixed.

    All tables are written together, every two seconds and where a session starts or ends: steps and statistics first,
    so that after a kill or a failed write no statistic, episode or session speaks of steps that are not there. Until it
    ends, a session's row says `running`.

    Args:
        folder: where the tables go; created, and must not hold tables already.
        n_envs: number of simulators that live each session at once.
        stats_envs: number of those, from the first, whose statistics are stored; None: all.

    Attributes:
        returns: return of every ended episode, in the order in which they ended.
        session_returns: the same by session.
    """

    def __init__(self, folder: Path, n_envs: int = 1, stats_envs: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._last_env, self._stats_envs = n_envs - 1, n_envs if stats_envs is None else stats_envs
        self.returns: list[float] = []
        self.session_returns: dict[int, list[float]] = {}
        self._kpi_names: tuple[str, ...] | None = None
        self._steps = ParquetTable(folder / STEPS, self._encode_steps)
        self._stats = ParquetTable(folder / STATS, encode_stats, flush_items=2000)
        self._episodes = CsvTable(folder / EPISODES)
        self._ended_episodes: list[dict[str, Any]] = []  # those not written yet
        self._sessions: dict[tuple[int, int], _Session] = {}  # by session and env
        self._layouts: dict[int, tuple[Layout, Layout]] = {}  # of the newest statistics, and the shared one, by env
        self._total_step = 0
        if (folder / SESSIONS).exists():
            raise FileExistsError(errno.EEXIST, "there is a table already", str(folder / SESSIONS))
        self._write_sessions()

    @property
    def stored_steps(self) -> int:
        """Number of rows in `steps.parquet`."""
        return sum(session.stored_steps for session in self._sessions.values())

    @property
    def stored_sim_s(self) -> float:
        """Simulated seconds of all sessions, up to these steps."""
        total = 0.0
        for place in sorted(self._sessions):
            total = round(total + self._sessions[place].stored_ms / 1e3, 3)  # each time: rounded figures add up
        return total

    def session_started(self, session: int, seed: int | None, env: int = 0) -> None:
        """Opens the session's row."""
        row = dict.fromkeys(SESSION_COLUMNS) | {"wall_s": 0.0}
        row |= {"session": session, "env": env, "seed": seed, "status": "running"}
        self._sessions[session, env] = _Session(row, time.perf_counter())
        if env == self._last_env:  # a network's begin together, and one writing serves them all
            self._flush()

    def step(self, step: Step) -> None:
        """Adds the step and its statistics. Raises `OSError` when the disk refuses them."""
        self._kpi_names = self._kpi_names or tuple(step.kpis)
        if tuple(step.kpis) != self._kpi_names:
            raise SessionError(f"the KPIs may not change in a run: {self._kpi_names} became {tuple(step.kpis)}.")
        kpis = tuple(step.kpis.values())
        session = self._sessions[step.session, step.env]
        session.row["seed"] = step.seed
        session.rewards.append(step.reward)
        session.kpis.append(kpis)
        place = (step.session, step.env, step.episode, step.step)
        flags = (step.terminated, step.truncated)
        self._steps.keep((*place, self._total_step, step.sim_time_ms, step.reward, *flags, step.wall_ms, *kpis))
        if step.env < self._stats_envs:
            self._stats.keep((*place, step.stats.ts_ms, self._shared_layout(step), step.stats.values))
        self._total_step += 1
        if self._steps.due or self._stats.due:
            self._flush()

    def episode_ended(self, session: int, episode: int, env: int = 0) -> None:
        """Adds the episode's row; KPIs are means over its steps."""
        state = self._sessions[session, env]
        columns = np.asarray(state.kpis, dtype=np.float64).T
        means = [
            float(np.mean(values[measured])) if (measured := ~np.isnan(values)).any() else np.nan for values in columns
        ]
        row = {
            "session": session,
            "env": env,
            "episode": episode,
            "return": sum(state.rewards),
            "length": len(state.rewards),
            **dict(zip(self._kpi_names or (), means, strict=True)),
            "seed": state.row["seed"],
        }
        self.returns.append(row["return"])
        self.session_returns.setdefault(session, []).append(row["return"])
        state.rewards, state.kpis = [], []
        self._ended_episodes.append(row)
        if self._steps.due:
            self._flush()

    def session_ended(self, session: int, status: str, reason: str, env: int = 0) -> None:
        """Completes the session's row; does nothing if the session is not under way."""
        state = self._sessions.get((session, env))
        if state is not None and state.under_way:
            state.end(status, reason)
            if env == self._last_env:
                self._flush()

    def close(self, status: str, reason: str) -> None:
        """Ends sessions still under way with `status` and completes all tables.

        Raises the first `OSError` or `ArrowException` met, after everything was tried.
        """
        for session in self._sessions.values():
            if session.under_way:
                session.end(status, reason)
        first: Exception | None = None
        # On a full disk each for itself, and the few words on the sessions before the many numbers.
        finishers = (
            *(self._write_sessions, self._begin_episodes, self._flush),
            *(self._close_steps, self._close_stats, self._episodes.close, self._write_sessions),
        )
        with Deferred():
            for finish in finishers:
                try:
                    finish()
                except (OSError, pa.ArrowException) as error:
                    first = first or error
        if first:
            raise first

    def _shared_layout(self, step: Step) -> Layout:
        """The step's layout; of equal ones the same object, so that rows of several simulators are encoded together."""
        own = step.stats.layout
        known, shared = self._layouts.get(step.env, (None, own))
        if known is not own:
            shared = next((other for _, other in self._layouts.values() if other == own), own)
            self._layouts[step.env] = own, shared
        return shared

    def _flush(self) -> None:
        with Deferred():  # an interruption in between would tear the tables apart
            self._flush_steps()
            self._stats.flush()
            if self._kpi_names is not None:
                self._begin_episodes()
            while self._ended_episodes:
                self._episodes.write(self._ended_episodes[0])
                written = self._ended_episodes.pop(0)
                self._sessions[written["session"], written["env"]].stored_episodes += 1
            self._write_sessions()

    def _flush_steps(self) -> None:
        kept = self._steps.kept
        self._steps.flush()
        for session, env, _, _, _, sim_time_ms, *_ in kept:
            state = self._sessions[session, env]
            state.stored_steps += 1
            state.stored_ms = sim_time_ms

    def _close_steps(self) -> None:
        self._flush_steps()
        try:
            self._steps.close()
        except (RowsLost, pa.ArrowException):
            self._count_what_is_left()
            raise

    def _close_stats(self) -> None:
        if self._steps.kept:
            self._stats.drop()  # of steps that could not be written
        self._stats.close()

    def _count_what_is_left(self) -> None:
        """Sets the counts to what can be read of the steps, some of which have vanished."""
        for session in self._sessions.values():
            session.stored_steps, session.stored_ms = 0, 0.0
        with suppress(OSError, pa.ArrowException):
            columns = pq.read_table(self.folder / STEPS, columns=["session", "env", "sim_time_ms"]).to_pydict()
            for session, env, sim_time_ms in zip(*columns.values(), strict=True):
                state = self._sessions[session, env]
                state.stored_steps += 1
                state.stored_ms = sim_time_ms

    def _begin_episodes(self) -> None:
        self._episodes.begin(("session", "env", "episode", "return", "length", *(self._kpi_names or ()), "seed"))

    def _write_sessions(self) -> None:
        for session in self._sessions.values():
            if session.under_way:
                session.row["wall_s"] = session.wall_s
        rows = [self._sessions[place].told for place in sorted(self._sessions)]
        replace_csv(self.folder / SESSIONS, SESSION_COLUMNS, rows)

    def _encode_steps(self, rows: list[tuple[Any, ...]]) -> pa.Table:
        columns = (*STEP_COLUMNS, *((name, pa.float64()) for name in self._kpi_names or ()))
        cells = zip(*rows, strict=True) if rows else [()] * len(columns)
        arrays = [pa.array(column, kind) for column, (_, kind) in zip(cells, columns, strict=True)]
        return pa.Table.from_arrays(arrays, names=[name for name, _ in columns])
