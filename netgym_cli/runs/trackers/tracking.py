"""A run that a tracker follows. Whatever goes wrong there is told once, and the run goes on."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netgym_cli.common.user_code import message_of
from netgym_cli.config.dotted import leaves
from netgym_cli.config.schema import RunConfig
from netgym_cli.runs.contents import FILES
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.trackers.base import Tracker, tracker_registry
from netgym_cli.sessions.side_by_side import Steps
from netgym_cli.sessions.step import Observer, Step

log = logging.getLogger(__name__)
TOLD = ("seed", "command", "git", "versions", "machine", "host", "started_at")  # of the record, at the beginning
OUTCOME = ("steps", "episodes", "mean_return", "last_return", "sim_s", "wall_s")  # at the end
Slot = tuple[int, int]  # session and env; of many in one call, the first


class Tracking(Observer):
    """Sends a run's config, the return and mean indicators of every episode, and how it ended, to a tracker.

    A context manager: on leaving it, the tracker's run ends as the run did. Of simulators in one call it sends means.

    Args:
        config: the run's, with the tracker's name; of `none` nothing is done.
    """

    def __init__(self, config: RunConfig) -> None:
        self._config, self._name = config, config.tracker
        self._tracker: Tracker | None = None
        self._record: RunRecord | None = None
        self._steps = 0
        self._episodes: dict[Slot, list[Mapping[str, float]]] = {}  # figures of each step of those under way

    def begin(self, record: RunRecord) -> list[Observer]:
        """The tracker's run begins; what has to observe the run for it."""
        if self._name == "none":
            return []
        self._tracker, self._record = tracker_registry.load(self._name)(), record
        told = dict(leaves({name: record.content[name] for name in TOLD if name in record.content}))
        config = dict(leaves(self._config.values()))
        self._steps = record.content["steps"]
        folder = record.folder.path.absolute()
        self._try(lambda tracker: tracker.begin(_name_of(folder), {**config, **told, "folder": str(folder)}))
        return [self]

    def __enter__(self) -> Tracking:
        return self

    def __exit__(self, *_: object) -> None:
        if self._record is None:
            return
        content = self._record.content
        files = {f"sha256/{name}": known for name, known in (content[FILES] or {}).items()}
        outcome = {name: content[name] for name in OUTCOME if content[name] is not None}
        ended = {**outcome, "folder": str(self._record.folder.path.absolute()), **files}
        self._try(lambda tracker: tracker.end(content["status"], ended))

    def step(self, step: Step) -> None:
        self._steps += 1
        figures = {"return": step.reward, **step.kpis}
        self._episodes.setdefault((step.session, step.env), []).append(figures)

    def steps(self, steps: Steps) -> None:
        self._steps += steps.n_envs
        kpis = {name: _mean(values) for name, values in steps.kpis.items()}
        self._episodes.setdefault((steps.session, 0), []).append({"return": _mean(steps.rewards), **kpis})

    def episode_ended(self, session: int, episode: int, env: int = 0) -> None:
        steps = self._episodes.pop((session, env), [])
        if not steps:
            return
        figures = {name: _mean([step[name] for step in steps]) for name in steps[0]}
        figures |= {"return": float(sum(step["return"] for step in steps)), "length": float(len(steps))}
        finite = {name: value for name, value in figures.items() if math.isfinite(value)}
        self._try(lambda tracker: tracker.log(finite, self._steps))

    def episodes_ended(self, session: int, episode: int, n_envs: int) -> None:
        self.episode_ended(session, episode)

    def _try(self, call: Callable[[Tracker], None]) -> None:
        """Calls, unless a call has failed before."""
        if self._tracker is None:
            return
        try:
            call(self._tracker)
        except Exception as error:  # whatever a library of others may raise
            self._tracker = None
            told = f"{type(error).__name__}: {message_of(error)}".splitlines()[0]
            log.warning("tracker %s has failed (%s); the run goes on without it", self._name, told)


def _name_of(folder: Path) -> str:
    """The last two parts, because the last one alone is a time or a number."""
    return "/".join(folder.parts[-2:])


def _mean(values: Any) -> float:
    measured = np.asarray(values, np.float64)
    measured = measured[np.isfinite(measured)]
    return float(measured.mean()) if len(measured) else math.nan
