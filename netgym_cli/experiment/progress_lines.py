"""How far a run is, as a plain line now and then: for a log file, or whatever else is no terminal."""

from __future__ import annotations

import logging
import time

from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.standing import duration, standing
from netgym_cli.sessions.side_by_side import Steps
from netgym_cli.sessions.step import Observer, Step

log = logging.getLogger(__name__)
EVERY_S = 30.0


class ProgressLines(Observer):
    """Logs a line every 30 s, when a step or an update comes: what is done, how fast, the return, the time left.

    Args:
        record: the run's, which counts; it is asked only when a line is due.
    """

    def __init__(self, record: RunRecord) -> None:
        self._record = record
        self._told_at = time.monotonic()
        self._first_update: tuple[int, float] | None = None  # its number, and when it came

    def step(self, step: Step) -> None:
        """Tells, if it is time."""
        if self._due():
            self._tell_steps()

    def steps(self, steps: Steps) -> None:
        """The same."""
        if self._due():
            self._tell_steps()

    def updated(self, done: int, total: int) -> None:
        """The same, of an agent that learns between steps."""
        now = time.monotonic()
        self._first_update = self._first_update or (done, now)
        if self._due():
            first, began_at = self._first_update
            left_s = (now - began_at) / (done - first) * (total - done) if done > first else None
            self._tell([f"{done} of {total} updates"], left_s)

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self._told_at < EVERY_S:
            return False
        self._told_at = now
        return True

    def _tell_steps(self) -> None:
        content = self._record.content
        stepping_s = content["wall_s"] - (content["start_s"] or 0.0)
        parts = [f"{content['steps']} of {content['planned_steps']} steps"]
        if content["sim_s"] and stepping_s > 0:
            parts.append(f"{content['sim_s'] / stepping_s:.2f} simulated seconds per second")
        self._tell(parts, standing(self._record.folder, looked_after=True).left_s)

    def _tell(self, parts: list[str], left_s: float | None) -> None:
        value = self._record.content["last_return"]
        told = [*parts, *([] if value is None else [f"return {value:.4g}"])]
        log.info("%s", ", ".join([*told, *([] if left_s is None else [f"{duration(left_s)} left"])]))
