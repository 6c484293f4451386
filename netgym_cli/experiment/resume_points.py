"""Checkpoints of a run under way, from which another process can go on exactly: agent, environment, tables, record."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from netgym_cli.common.interruption import Deferred
from netgym_cli.runs.checkpoints import Checkpoints, SavedState
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.vector import VectorSessions

log = logging.getLogger(__name__)
MOST_SHARE = 0.01  # of a run's time


class RunResumePoints:
    """The `ResumePoints` of a run.

    Args:
        every_s: least time between two checkpoints, s; 0: there are none. It grows where they take long, so that they
            take at most a hundredth of the run's time.
        store: where they go.
        env: the run's environment, which keeps its actions.
        recorder, record: tables and record.
        resumed: what the run goes on from; None: it begins.
    """

    def __init__(
        self,
        every_s: float,
        store: Checkpoints,
        env: SequentialSessions | VectorSessions,
        recorder: Recorder,
        record: RunRecord,
        resumed: SavedState | None,
    ) -> None:
        self.resumed = resumed
        self._every_s, self._store, self._env = every_s, store, env
        self._recorder, self._record = recorder, record
        self._newest_s = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self._every_s > 0 and time.monotonic() - self._newest_s >= self._every_s

    def save(self, step: int, learner: Any, rows: Mapping[str, np.ndarray] | None = None, whole: bool = True) -> None:
        """As `ResumePoints.save`. Where the disk refuses it, the run goes on without further ones."""
        began_s = time.monotonic()
        if (sessions := self._env.state()) is None:
            self._give_up("the actions of this environment cannot be recorded")
            return
        try:
            with Deferred():
                table = self._record.folder.evaluations_path
                size = table.stat().st_size if table.is_file() else 0
                tables, record = self._recorder.state() | {"evaluations": size}, self._record.state()
                parts = (sessions, tables, record, learner, () if rows is None else (rows,))
                self._store.write(SavedState(step, *parts), whole)
        except OSError as error:
            self._give_up(f"a checkpoint could not be written ({error})")
        self._newest_s = time.monotonic()
        self._every_s = max(self._every_s, (self._newest_s - began_s) / MOST_SHARE) if self._every_s else 0.0

    def _give_up(self, why: str) -> None:
        self._every_s = 0.0
        log.warning("%s: `netgym resume` will go on from the last checkpoint that there is, or from the beginning", why)
