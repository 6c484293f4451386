"""One simulator's sessions in the form that agents of several take."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.stacking import stacked
from netgym_cli.sessions.step import Observer
from netgym_cli.sessions.vector import VectorSessions


class SingleSlot(VectorSessions):
    """`SequentialSessions` as vector sessions of one slot, in the calling thread.

    Args:
        walk: the sessions; its observers hear of everything.
    """

    n_envs = 1

    def __init__(self, walk: SequentialSessions) -> None:
        self._walk = walk
        self.plan, self.network = walk.plan, walk.network
        self.observation_space, self.action_space = walk.observation_space, walk.action_space

    @property
    def observers(self) -> Sequence[Observer]:  # type: ignore[override]
        """Those of the sessions."""
        return self._walk.observers

    @observers.setter
    def observers(self, observers: Sequence[Observer]) -> None:
        self._walk.observers = observers

    @property
    def finished(self) -> bool:
        return self._walk.finished

    def reset(self) -> Any:
        return stacked([self._walk.reset()[0]], self.observation_space)

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        observation, reward, terminal, truncated, info = self._walk.step(actions[0])
        if terminal or truncated:
            info["terminal_observation"] = deepcopy(observation)  # an environment may use its arrays again
            observation, _ = self._walk.reset()
        observations = stacked([observation], self.observation_space)
        return observations, np.array([reward]), np.array([terminal]), np.array([truncated]), [info]

    def close(self) -> None:
        self._walk.close()


def as_vector(env: SequentialSessions | VectorSessions) -> VectorSessions:
    """`env` in the form for several simulators, whether there is one or more."""
    return env if isinstance(env, VectorSessions) else SingleSlot(env)
