"""The tables of a run that records what its agent sees and does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netgym_cli.common.interruption import Deferred
from netgym_cli.runs.folder import RECORDED
from netgym_cli.runs.recorded_table import Parts, RecordedColumns, RecordedSteps
from netgym_cli.runs.recorder import Recorder
from netgym_cli.runs.tables import ParquetTable
from netgym_cli.sessions.side_by_side import EpisodeStarts, Steps
from netgym_cli.sessions.step import EpisodeStart, Step

Slots = tuple[int, int]  # session, and the first env


class StepRecorder(Recorder):
    """As `Recorder`, with `recorded.parquet`: its rows are those of `steps.parquet`, one to one.

    A row has the observation that the agent had and the action that it chose by it; the observation that ended an
    episode stands in the row of the last step.

    Args:
        folder, n_envs, stats_envs, continued: as for `Recorder`.
        columns: those of the environment.
    """

    def __init__(
        self,
        folder: Path,
        columns: RecordedColumns,
        n_envs: int = 1,
        stats_envs: int | None = None,
        continued: Mapping[str, Any] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._columns = columns
        self._seen: dict[Slots, Parts] = {}  # the newest observation of each
        self._recorded = ParquetTable(folder / RECORDED, columns.encode, continued=continued is not None)
        super().__init__(folder, n_envs, stats_envs, continued)

    def state(self) -> dict[str, Any]:
        state = super().state()
        held = state["held"] | {RECORDED: self._recorded.rows}
        return state | {"held": held, "seen": [[*slots, parts] for slots, parts in self._seen.items()]}

    def _restore(self, state: Mapping[str, Any]) -> None:
        super()._restore(state)
        self._seen = {(session, env): list(parts) for session, env, parts in state["seen"]}

    def episode_started(self, start: EpisodeStart) -> None:
        """Keeps the first observation."""
        super().episode_started(start)
        self._seen[start.session, start.env] = self._columns.observed(start.observation, slots=False)

    def episodes_started(self, starts: EpisodeStarts) -> None:
        super().episodes_started(starts)
        self._seen[starts.session, 0] = self._columns.observed(starts.observations, slots=True)

    def step(self, step: Step) -> None:
        self._keep(step, step.env, [step.chosen], slots=False)
        super().step(step)

    def steps(self, steps: Steps) -> None:
        actions = [None] * steps.n_envs if steps.chosen is None else steps.chosen
        self._keep(steps, 0, actions, slots=True)
        super().steps(steps)

    def session_ended(self, session: int, status: str, reason: str, env: int = 0) -> None:
        super().session_ended(session, status, reason, env)
        self._seen.pop((session, env), None)

    def sessions_ended(self, session: int, status: str, reason: str, n_envs: int) -> None:
        super().sessions_ended(session, status, reason, n_envs)
        self._seen.pop((session, 0), None)

    def _keep(self, step: Step | Steps, env: int, actions: Sequence[Any], slots: bool) -> None:
        observation = step.observations if isinstance(step, Steps) else step.observation
        place, after = (step.session, env), self._columns.observed(observation, slots)
        given, parts = self._columns.acted(actions)
        last = after if step.terminated or step.truncated else None
        where = (step.session, env, step.episode, step.step, self._total_step)
        self._recorded.keep(RecordedSteps(*where, self._seen[place], np.asarray(given), parts, last))
        self._seen[place] = after

    def _flush(self) -> None:
        with Deferred():
            super()._flush()
            self._recorded.flush()

    def _close_measured(self) -> None:
        try:
            super()._close_measured()
        finally:
            if self._steps.kept:
                self._recorded.drop()
            self._recorded.close()
