"""Stable-Baselines3's running normalisation, with a floor on the deviations of observations."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from netgym_cli.agents.deviation_floor import floored, units


class FlooredNormalize(VecNormalize):
    """Divides observations by their running deviation, but by no less than a floor; equal to the base above it.

    Args:
        venv: the environments.
        min_deviation: the floor, as `deviation_floor.floored` takes it; 0: none.
        keywords: as for the base.
    """

    def __init__(self, venv: VecEnv, min_deviation: float = 0.0, **keywords: Any) -> None:
        super().__init__(venv, **keywords)
        self.min_deviation = min_deviation
        self._units: dict[str, np.ndarray] = {}

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
