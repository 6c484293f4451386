"""Steps, statistics, episodes and sessions of a run, as four tables."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from netgym_cli.common.errors import SessionError
from netgym_cli.common.interruption import Deferred
from netgym_cli.runs.episode_figures import EpisodeReturns, mean_of_measured
from netgym_cli.runs.folder import EPISODES, SESSIONS, STEPS
from netgym_cli.runs.measured_tables import MeasuredTables
from netgym_cli.runs.session_rows import SessionRows
from netgym_cli.runs.steps_table import StepBlock, encode_steps
from netgym_cli.runs.tables import CsvTable, ParquetTable, RowsLost, replace_csv
from netgym_cli.sessions.side_by_side import EpisodeStarts, Steps
from netgym_cli.sessions.step import Observer, Step


class Recorder(Observer):
    """Writes `steps.parquet`, `stats.parquet`, `episodes.csv` and `sessions.csv`.

    And `delays.parquet`, where the simulator knows the delay of every packet.

    The measurement that begins a session is not the result of an action and so is no row. The flags are those of the
    environment: both true at a session's end. Session, env, episode and step count from 0; `env` is the simulator, of
    those that live a session at once. `total_step` counts the steps of the whole run from 0 on, without a gap.

    Rows of `sessions.csv` stand in the order of session and env. Rows of the other tables stand in the order in which
    they arrived: those of one session and env in their own order, those of several that were under way at once mixed.

    All tables are written together, every two seconds and where a session starts or ends: steps and statistics first,
    so that after a kill or a failed write no table speaks of steps that are not there. Until it ends, a session's row
    says `running`. Where one call simulates all simulators, only time decides: sessions may be over in milliseconds.

    Args:
        folder: where the tables go; created, and must not hold tables already.
        n_envs: number of simulators that live each session at once.
        stats_envs: number of those, from the first, whose statistics are stored; None: all.
        continued: what `state` told of the tables that are there, cut to what they held then; None: new ones.
    """

    def __init__(
        self, folder: Path, n_envs: int = 1, stats_envs: int | None = None, continued: Mapping[str, Any] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._last_env, self.stats_envs = n_envs - 1, n_envs if stats_envs is None else min(n_envs, stats_envs)
        self._returns = EpisodeReturns()
        self._kpi_names: tuple[str, ...] | None = None
        old = continued is not None
        encode = lambda rows: encode_steps(rows, self._kpi_names or ())  # noqa: E731
        self._steps = ParquetTable(folder / STEPS, encode, continued=old)
        self._measured = MeasuredTables(folder, continued=old)
        self._episodes = CsvTable(folder / EPISODES, continued=old)
        self._ended_episodes: list[dict[str, Any]] = []  # those not written yet
        self._sessions = SessionRows()
        self._blocks: list[StepBlock] = []  # of the episode that all simulators are in
        self._total_step = 0
        if (folder / SESSIONS).exists():
            raise FileExistsError(errno.EEXIST, "there is a table already", str(folder / SESSIONS))
        if continued is not None:
            self._restore(continued)
        self._write_sessions()

    def state(self) -> dict[str, Any]:
        """Writes everything, and tells what a recorder in another process needs to continue the tables."""
        self._flush()
        return {
            "held": {STEPS: self._steps.rows, **self._measured.held, EPISODES: self._episodes.size},
            "counts": (self._kpi_names, self._total_step),
            "sessions": self._sessions.state(),
            "returns": self._returns.state(),
            "blocks": [tuple(block) for block in self._blocks],
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        self._kpi_names, self._total_step = state["counts"]
        self._sessions.restore(state["sessions"])
        self._returns.restore(state["returns"])
        self._blocks = [StepBlock(*block) for block in state["blocks"]]

    @property
    def returns(self) -> list[float]:
        """Return of every ended episode, in the order in which they ended."""
        return self._returns.values

    @property
    def session_returns(self) -> dict[int, list[float]]:
        """The same by session."""
        return self._returns.by_session

    @property
    def stored_steps(self) -> int:
        """Number of rows in `steps.parquet`."""
        return self._sessions.stored_steps

    @property
    def stored_sim_s(self) -> float:
        """Simulated seconds of all sessions, up to these steps."""
        return self._sessions.stored_sim_s

    @property
    def stored_episodes(self) -> int:
        """Number of rows in `episodes.csv`; their returns are the first of `returns`."""
        return len(self.returns) - len(self._ended_episodes)

    def session_started(self, session: int, seed: int | None, env: int = 0) -> None:
        """Opens the session's row."""
        self._sessions.begin(session, seed, env)
        if env == self._last_env:  # a network's begin together, and one writing serves them all
            self._flush()

    def recovered(self, session: int, times: int, env: int = 0) -> None:
        """Counts them in the session's row."""
        self._sessions[session, env].row["recoveries"] += times

    def step(self, step: Step) -> None:
        """Adds the step and its statistics. Raises `OSError` when the disk refuses them."""
        self._require_kpis(step.kpis)
        kpis = tuple(step.kpis.values())
        session = self._sessions[step.session, step.env]
        session.row["seed"] = step.seed
        session.rewards.append(step.reward)
        session.kpis.append(kpis)
        place = (step.session, step.env, step.episode, step.step)
        flags = (step.terminated, step.truncated)
        self._steps.keep((*place, self._total_step, step.sim_time_ms, step.reward, *flags, step.wall_ms, *kpis))
        if step.env < self.stats_envs:
            self._measured.keep(place, step.stats, step.stats.values)
        self._total_step += 1
        if self._steps.due or self._measured.due:
            self._flush()

    def episode_ended(self, session: int, episode: int, env: int = 0) -> None:
        """Adds the episode's row; KPIs are means over its steps."""
        state = self._sessions[session, env]
        columns = np.ascontiguousarray(np.asarray(state.kpis, dtype=np.float64).T)
        means = [float(mean_of_measured(values)) for values in columns]
        self._end_episode(session, env, episode, sum(state.rewards), len(state.rewards), means)
        state.rewards, state.kpis = [], []
        if self._steps.due:
            self._flush()

    def session_ended(self, session: int, status: str, reason: str, env: int = 0) -> None:
        """Completes the session's row; does nothing if the session is not under way."""
        state = self._sessions.get((session, env))
        if state is not None and state.under_way:
            state.end(status, reason)
            if env == self._last_env:
                self._flush()

    def sessions_started(self, session: int, seeds: Sequence[int | None]) -> None:
        """Opens the rows of all simulators."""
        for env, seed in enumerate(seeds):
            self._sessions.begin(session, seed, env)
        if self._steps.due:
            self._flush()

    def episodes_started(self, starts: EpisodeStarts) -> None:
        """Notes the seeds, of which some may have been drawn afresh."""
        for env, seed in enumerate(starts.seeds.tolist()):
            self._sessions[starts.session, env].row["seed"] = seed

    def steps(self, steps: Steps) -> None:
        """Adds the step of all simulators, and the statistics of those whose are stored."""
        self._require_kpis(steps.kpis)
        block = StepBlock.of(steps, self._total_step)
        self._steps.keep(block)
        self._blocks.append(block)
        for env in range(self.stats_envs):
            stats = steps.stats.network(env)
            self._measured.keep((steps.session, env, steps.episode, steps.step), stats, stats.values.copy())
        self._total_step += steps.n_envs
        if self._steps.due or self._measured.due:
            self._flush()

    def episodes_ended(self, session: int, episode: int, n_envs: int) -> None:
        """Adds the episode's rows."""
        # Added up in the order, and by the functions, of a single simulator's episode.
        totals = [sum(rewards) for rewards in np.stack([block.rewards for block in self._blocks], axis=-1).tolist()]
        kpis = np.ascontiguousarray(np.stack([block.kpis for block in self._blocks], axis=-1))
        means = kpis.mean(axis=-1) if not np.isnan(kpis).any() else np.apply_along_axis(mean_of_measured, -1, kpis)
        for env in range(n_envs):
            self._end_episode(session, env, episode, totals[env], len(self._blocks), means[env].tolist())
        self._blocks = []
        if self._steps.due:
            self._flush()

    def sessions_ended(self, session: int, status: str, reason: str, n_envs: int) -> None:
        """Completes the rows of all simulators."""
        for env in range(n_envs):
            self._sessions[session, env].end(status, reason)
        if self._steps.due:
            self._flush()

    def close(self, status: str, reason: str) -> None:
        """Ends sessions still under way with `status` and completes all tables.

        Raises the first `OSError` or `ArrowException` met, after everything was tried.
        """
        for session in list(self._sessions.under_way()):
            session.end(status, reason)
        first: Exception | None = None
        # On a full disk each for itself, and the few words on the sessions before the many numbers.
        finishers = (
            *(self._write_sessions, self._begin_episodes, self._flush),
            *(self._close_steps, self._close_measured, self._episodes.close, self._write_sessions),
        )
        with Deferred():
            for finish in finishers:
                try:
                    finish()
                except (OSError, pa.ArrowException) as error:
                    first = first or error
        if first:
            raise first

    def _require_kpis(self, kpis: Iterable[str]) -> None:
        names = tuple(kpis)
        self._kpi_names = self._kpi_names or names
        if names != self._kpi_names:
            raise SessionError(f"the KPIs may not change in a run: {self._kpi_names} became {names}.")

    def _flush(self) -> None:
        with Deferred():  # an interruption in between would tear the tables apart
            self._flush_steps()
            self._measured.flush()
            if self._kpi_names is not None:
                self._begin_episodes()
            while self._ended_episodes:
                self._episodes.write(self._ended_episodes[0])
                written = self._ended_episodes.pop(0)
                self._sessions[written["session"], written["env"]].stored_episodes += 1
            self._sessions.settle()
            self._write_sessions()

    def _flush_steps(self) -> None:
        kept = self._steps.kept
        self._steps.flush()
        blocks = Counter(item.session for item in kept if isinstance(item, StepBlock))
        newest = {item.session: item for item in kept if isinstance(item, StepBlock)}
        for session, steps in blocks.items():
            for env, sim_time_ms in enumerate(newest[session].sim_time_ms.tolist()):
                self._sessions[session, env].add_stored(sim_time_ms, steps)
        for item in kept:
            if not isinstance(item, StepBlock):
                session, env, _, _, _, sim_time_ms, *_ = item
                self._sessions[session, env].add_stored(sim_time_ms)

    def _close_steps(self) -> None:
        self._flush_steps()
        try:
            self._steps.close()
        except (RowsLost, pa.ArrowException):
            self._count_what_is_left()
            raise

    def _close_measured(self) -> None:
        self._measured.close(drop=bool(self._steps.kept))  # they may be of steps that could not be written

    def _count_what_is_left(self) -> None:
        """Sets the counts to what can be read of the steps, some of which have vanished."""
        self._sessions.forget_stored()
        with suppress(OSError, pa.ArrowException):
            columns = pq.read_table(self.folder / STEPS, columns=["session", "env", "sim_time_ms"]).to_pydict()
            for session, env, sim_time_ms in zip(*columns.values(), strict=True):
                self._sessions[session, env].add_stored(sim_time_ms)

    def _begin_episodes(self) -> None:
        self._episodes.begin(("session", "env", "episode", "return", "length", *(self._kpi_names or ()), "seed"))

    def _write_sessions(self) -> None:
        replace_csv(self.folder / SESSIONS, self._sessions.text())

    def _end_episode(self, session: int, env: int, episode: int, total: float, length: int, kpis: list[float]) -> None:
        row = {
            "session": session,
            "env": env,
            "episode": episode,
            "return": total,
            "length": length,
            **dict(zip(self._kpi_names or (), kpis, strict=True)),
            "seed": self._sessions[session, env].row["seed"],
        }
        self._returns.add(session, total)
        self._ended_episodes.append(row)
