"""A run's sessions as the vectorised environment that Stable-Baselines3 learns from."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvObs, VecEnvStepReturn

from netgym_cli.agents.sb3.forms import Forms
from netgym_cli.common.errors import SessionError
from netgym_cli.sessions.vector import VectorSessions


class SessionsVecEnv(VecEnv):
    """All slots of `sessions` in the learner's spaces; whoever made the sessions closes them.

    The environments' `info` is withheld: the library copies it deeply every step and interprets some of its keys. Seeds
    that the library gives are ignored, because the plan decides.

    Args:
        sessions: the run's, not started yet.
        forms: how the learner meets their spaces.
    """

    def __init__(self, sessions: VectorSessions, forms: Forms) -> None:
        self._sessions, self._forms = sessions, forms
        self._actions: Any = None
        super().__init__(sessions.n_envs, forms.observation_space, forms.action_space)

    def reset(self) -> VecEnvObs:
        observations: VecEnvObs = self._forms.observe(self._sessions.reset())
        self.reset_infos = [{} for _ in range(self.num_envs)]
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, terminal, truncated, given = self._sessions.step(self._forms.act(self._actions))
        infos: list[dict[str, Any]] = [{"TimeLimit.truncated": bool(cut)} for cut in truncated & ~terminal]
        done = terminal | truncated
        for slot in np.flatnonzero(done):
            infos[slot]["terminal_observation"] = self._forms.observe(given[slot]["terminal_observation"])
        return self._forms.observe(observations), rewards.astype(np.float32), done, infos

    def close(self) -> None: ...

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        return [None for _ in self._get_indices(indices)]  # the library asks for `render_mode`

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        raise SessionError(f"{attr_name} of the environment of a run cannot be set.")

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        raise SessionError(f"{method_name} of the environment of a run cannot be called.")

    def env_is_wrapped(self, wrapper_class: Any, indices: VecEnvIndices = None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]


class SpacesOnly(VectorSessions):
    """Sessions that have spaces only, for a learner that is built and not run."""

    def __init__(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any], n_envs: int = 1) -> None:
        self.observation_space, self.action_space, self.n_envs = observation_space, action_space, n_envs

    @property
    def finished(self) -> bool:
        return True

    def reset(self) -> Any:
        raise SessionError("there is no simulator to reset.")

    def step(self, actions: Any) -> Any:
        raise SessionError("there is no simulator to step.")

    def close(self) -> None: ...
