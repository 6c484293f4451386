"""One agent on one seed: a session that begins with a fresh simulator and is only measured."""

from __future__ import annotations

from contextlib import closing
from math import isnan, nan
from statistics import fmean

from netgym_cli.experiment.task import Task
from netgym_cli.sessions.step import Observer, Step


def measure(task: Task) -> dict[str, float]:
    """Mean return of the episodes (`return`), mean reward per step (`reward`) and the mean of every KPI.

    Raises:
        SimulatorError: the simulator failed.
    """
    tally = Tally()
    with closing(task.sessions(tally)) as env:
        task.agent().rollout(env, task.config.seed)
    return tally.means()


class Tally(Observer):
    """Adds up rewards and KPIs of all sessions; the order in which they come makes no difference."""

    def __init__(self) -> None:
        self._returns: list[float] = []
        self._rewards: list[float] = []
        self._kpis: dict[str, list[float]] = {}
        self._running: dict[tuple[int, int], float] = {}  # sum of the running episode's rewards, by session and env

    def step(self, step: Step) -> None:
        """Adds the step."""
        self._rewards.append(step.reward)
        place = step.session, step.env
        self._running[place] = self._running.get(place, 0.0) + step.reward
        for name, value in step.kpis.items():
            self._kpis.setdefault(name, []).append(float(value))

    def episode_ended(self, session: int, episode: int, env: int = 0) -> None:
        """Adds the episode."""
        self._returns.append(self._running.pop((session, env)))

    def means(self) -> dict[str, float]:
        """The figures of all that was added."""
        measured = {name: [value for value in values if not isnan(value)] for name, values in self._kpis.items()}
        kpis = {name: fmean(values) if values else nan for name, values in measured.items()}
        return {"return": fmean(self._returns), "reward": fmean(self._rewards), **kpis}
