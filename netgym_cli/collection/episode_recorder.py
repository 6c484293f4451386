"""An environment that remembers what happens in it, episode by episode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import nan
from typing import Any

import gymnasium
import numpy as np

from netgym_cli.common.errors import SessionError
from netgym_cli.datasets.episode import Episode, stack
from netgym_cli.envs.base import is_empty
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.simulators.stats import Layout


class RecordedEnv(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Tells of every complete episode; one that is given up by an early reset is forgotten.

    Observations and rewards are those that the agent gets, behind whatever channels there are. Actions are those in
    force in the network. `infos` has `default_action` (whether the action was empty; the last entry belongs to no
    step), `sim_time_ms`, the KPIs as `kpi_<name>`, and `stats`, the measurement that the config subscribes to.

    Args:
        env: the environment; its `unwrapped` is a `NetworkEnv`.
        ended: called with every complete episode, its number in the session, and the layout of its measurements.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], ended: Callable[[int, Episode, Layout], object]) -> None:
        super().__init__(env)
        assert isinstance(env.unwrapped, NetworkEnv)
        self._network, self._ended = env.unwrapped, ended
        self._notes = _Notes()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        self._notes = _Notes()
        self._see(observation, info)
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        network, notes = self._network, self._notes
        assert network.stats is not None
        notes.actions.append(network.adapter.effective_action(network.asked, network.stats))
        notes.empty.append(is_empty(network.asked))
        notes.rewards.append(float(reward))
        notes.terminal.append(network.terminal)
        self._see(observation, info)
        if terminated or truncated:
            self._ended(network.episode, notes.episode(network.terminal), notes.layout)
        return observation, float(reward), terminated, truncated, info

    def _see(self, observation: Any, info: dict[str, Any]) -> None:
        stats = self._network.reported
        assert stats is not None
        notes = self._notes
        if notes.stats and notes.layout is not stats.layout and notes.layout != stats.layout:
            raise SessionError("the measurements changed within an episode; a dataset needs the same in every step.")
        notes.layout = stats.layout
        notes.observations.append(_copied(observation))
        notes.stats.append(stats.values)
        notes.times_ms.append(stats.ts_ms)
        notes.kpis.append(dict(info.get("kpis", {})))


@dataclass
class _Notes:
    """What was seen of the running episode."""

    layout: Layout = field(default_factory=lambda: Layout(()))
    observations: list[Any] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    empty: list[bool] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    terminal: list[bool] = field(default_factory=list)
    stats: list[np.ndarray] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    kpis: list[dict[str, float]] = field(default_factory=list)

    def episode(self, terminal: bool) -> Episode:
        """All of it as an episode, which ended in a terminal state or else was cut off."""
        steps = len(self.rewards)
        names = dict.fromkeys(name for one in self.kpis for name in one)  # a channel has some only after a step
        infos = {
            "default_action": np.array([*self.empty, False]),
            "sim_time_ms": np.array(self.times_ms, np.float64),
            **{f"kpi_{name}": np.array([one.get(name, nan) for one in self.kpis], np.float64) for name in names},
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
