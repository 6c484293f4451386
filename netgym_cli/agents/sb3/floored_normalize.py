"""Stable-Baselines3's running normalisation, with a floor on the deviations of observations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecNormalize
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from netgym_cli.agents.deviation_floor import floored, units
from netgym_cli.agents.sb3.bootstrap import stacked

LAST = "terminal_observation"


class _LastApart(VecEnvWrapper):
    """Keeps the last observations of episodes from the base, which scales them one by one; `last` has them by slot."""

    last: Mapping[int, Any] = {}

    def reset(self) -> VecEnvObs:
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, dones, infos = self.venv.step_wait()
        self.last = {int(slot): infos[slot].pop(LAST) for slot in np.flatnonzero(dones) if LAST in infos[slot]}
        return observations, rewards, dones, infos


class FlooredNormalize(VecNormalize):
    """Divides observations by their running deviation, but by no less than a floor; equal to the base above it.

    The last observations of episodes that end together are scaled together.

    Args:
        venv: the environments.
        min_deviation: the floor, as `deviation_floor.floored` takes it; 0: none.
        keywords: as for the base.
    """

    def __init__(self, venv: VecEnv, min_deviation: float = 0.0, **keywords: Any) -> None:
        self._apart = _LastApart(venv)
        super().__init__(self._apart, **keywords)
        self.min_deviation = min_deviation
        self._units: dict[str, np.ndarray] = {}

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, dones, infos = super().step_wait()
        if last := self._apart.last:
            scaled = self.normalize_obs(stacked(list(last.values())))
            for row, slot in enumerate(last):
                infos[slot][LAST] = {k: v[row] for k, v in scaled.items()} if isinstance(scaled, dict) else scaled[row]
        return observations, rewards, dones, infos

    def units(self, key: str) -> np.ndarray:
        """Units of the entries of the observations under `key`, which is empty for one Box; in the moments' shape."""
        if key not in self._units:
            parts: Any = self.observation_space.spaces if isinstance(self.observation_space, spaces.Dict) else {}
            space, moments = parts.get(key, self.observation_space), self._moments()[key]
            self._units[key] = units(space, moments.mean.shape)
        return self._units[key]

    def _moments(self) -> dict[str, RunningMeanStd]:
        return self.obs_rms if isinstance(self.obs_rms, dict) else {"": self.obs_rms}

    def _normalize_obs(self, obs: np.ndarray, obs_rms: RunningMeanStd) -> np.ndarray:
        if not self.min_deviation:
            return super()._normalize_obs(obs, obs_rms)
        key = next(key for key, moments in self._moments().items() if moments is obs_rms)
        deviation = np.sqrt(obs_rms.var + self.epsilon)
        least = floored(deviation, obs_rms.mean, self.min_deviation, self.units(key))
        return np.asarray(np.clip((obs - obs_rms.mean) / least, -self.clip_obs, self.clip_obs))
