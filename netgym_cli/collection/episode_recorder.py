"""An observer of the sessions that makes episodes of their steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np

from netgym_cli.common.errors import SessionError
from netgym_cli.datasets.episode import Episode, stack
from netgym_cli.sessions.step import EpisodeStart, Observer, Step
from netgym_cli.simulators.stats import Layout, Stats

OnEpisode = Callable[[int, int, Episode, Layout], object]


class EpisodeRecorder(Observer):
    """Hands over every complete episode; one that is given up by an early reset is forgotten.

    Observations and rewards are those that the agent gets, behind whatever channels there are. Actions are those in
    force in the network. `infos` has `default_action` (whether the action was empty; the last entry belongs to no
    step), `sim_time_ms`, the KPIs as `kpi_<name>`, and `stats`, the measurement that the config subscribes to.

    Args:
        on_episode: called with the session, the episode's number in it, the complete episode, and the layout of its
            measurements.
    """

    def __init__(self, on_episode: OnEpisode) -> None:
        self._on_episode = on_episode
        self._running: dict[tuple[int, int], _RunningEpisode] = {}  # by session and env

    def episode_started(self, start: EpisodeStart) -> None:
        """Begins the session's next episode, or the same one again."""
        episode = self._running[start.session, start.env] = _RunningEpisode()
        episode.add_state(start.observation, start.stats, start.info.get("kpis", {}))

    def step(self, step: Step) -> None:
        """Adds the step.

        Raises:
            SessionError: the measurements are others than before in the episode.
            AdapterError: the adapter does not say what its default algorithm did.
        """
        episode = self._running[step.session, step.env]
        episode.actions.append(step.effective_action())
        episode.empty.append(step.action is None)
        episode.rewards.append(step.reward)
        episode.terminal.append(step.terminal)
        episode.complete = step.terminated or step.truncated
        episode.add_state(step.observation, step.stats, step.kpis)

    def episode_ended(self, session: int, episode: int, env: int = 0) -> None:
        """Hands the episode over if it is complete."""
        ended = self._running.pop((session, env))
        if ended.complete:
            self._on_episode(session, episode, ended.episode(), ended.layout)


@dataclass
class _RunningEpisode:
    """What was observed of an episode so far: T steps, and T + 1 states."""

    layout: Layout = field(default_factory=lambda: Layout(()))
    observations: list[Any] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    empty: list[bool] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    terminal: list[bool] = field(default_factory=list)
    stats: list[np.ndarray] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    kpis: list[dict[str, float]] = field(default_factory=list)
    complete: bool = False

    def add_state(self, observation: Any, stats: Stats, kpis: Mapping[str, float]) -> None:
        if self.stats and self.layout is not stats.layout and self.layout != stats.layout:
            raise SessionError("the measurements changed within an episode; a dataset needs the same in every step.")
        self.layout = stats.layout
        self.observations.append(_copied(observation))
        self.stats.append(stats.values)
        self.times_ms.append(stats.ts_ms)
        self.kpis.append(dict(kpis))

    def episode(self) -> Episode:
        """All of it as an episode, which ended in a terminal state or else was cut off."""
        steps, terminal = len(self.rewards), self.terminal[-1]
        names = dict.fromkeys(name for kpis in self.kpis for name in kpis)  # a channel has some only after a step
        infos = {
            "default_action": np.array([*self.empty, False]),
            "sim_time_ms": np.array(self.times_ms, np.float64),
            **{f"kpi_{name}": np.array([kpis.get(name, nan) for kpis in self.kpis], np.float64) for name in names},
        }
        if self.layout.size:
            infos["stats"] = np.array(self.stats, np.float64)
        return Episode(
            observations=stack(self.observations),
            actions=stack(self.actions),
            rewards=np.array(self.rewards, np.float64),
            terminations=np.array(self.terminal, bool),
            truncations=np.arange(steps) == (-1 if terminal else steps - 1),
            infos=infos,
        )


def _copied(observation: Any) -> Any:
    """A copy: an environment may use its arrays again."""
    if isinstance(observation, dict):
        return {key: _copied(value) for key, value in observation.items()}
    if isinstance(observation, tuple):
        return tuple(_copied(value) for value in observation)
    return np.array(observation)
