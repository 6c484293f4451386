"""One agent on one seed: a session that begins with a fresh simulator and is only measured."""

from __future__ import annotations

from contextlib import closing
from math import isnan, nan
from statistics import fmean

from netgym_cli.experiment.task import Task
from netgym_cli.sessions.step import Step


def play(task: Task) -> dict[str, float]:
    """Mean return of the episodes (`return`), mean reward per step (`reward`) and the mean of every KPI.

    Raises:
        SimulatorError: the simulator failed.
    """
    tally = Tally()
    with closing(task.sessions(tally)) as env:
        task.agent().walk(env, task.config.seed)
    return tally.means()


class Tally:
    """An observer of the sessions that adds up rewards and KPIs."""

    def __init__(self) -> None:
        self._returns: list[float] = []
        self._rewards: list[float] = []
        self._kpis: dict[str, list[float]] = {}
        self._episode = 0.0

    def session_begins(self, session: int, seed: int | None) -> None:
        """Nothing to add."""

    def step(self, step: Step) -> None:
        """Adds the step."""
        self._rewards.append(step.reward)
        self._episode += step.reward
        for name, value in step.kpis.items():
            self._kpis.setdefault(name, []).append(float(value))

    def episode_ended(self, session: int, episode: int) -> None:
        """Adds the episode."""
        self._returns.append(self._episode)
        self._episode = 0.0

    def session_ended(self, status: str, reason: str) -> None:
        """Nothing to add."""

    def means(self) -> dict[str, float]:
        """The figures of all that was added."""
        measured = {name: [value for value in values if not isnan(value)] for name, values in self._kpis.items()}
        kpis = {name: fmean(values) if values else nan for name, values in measured.items()}
        return {"return": fmean(self._returns), "reward": fmean(self._rewards), **kpis}
