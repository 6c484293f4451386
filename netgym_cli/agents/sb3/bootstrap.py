"""What follows after a time limit, valued for all simulators in one forward pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

CUT = "TimeLimit.truncated"


class BatchedBootstrap(VecEnvWrapper):
    """Adds the discounted values of the last observations of episodes that were cut off to their last rewards.

    The on-policy learners of Stable-Baselines3 do the same with one pass per environment, unless the infos say that
    nothing was cut off, as they do behind this wrapper. It stands outside the normalisation. Sums differ in the last
    bits, because a matrix of many rows is multiplied in another order.

    Args:
        venv: the learner's environments.
        learner: whose policy values observations, with its discount.
    """

    def __init__(self, venv: VecEnv, learner: OnPolicyAlgorithm) -> None:
        super().__init__(venv)
        self._learner = learner

    def reset(self) -> VecEnvObs:
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, dones, infos = self.venv.step_wait()
        cut = [slot for slot in np.flatnonzero(dones) if infos[slot].get(CUT, False)]
        if cut:
            rewards, infos = rewards.copy(), list(infos)
            rewards[cut] += self._learner.gamma * self._values([infos[slot]["terminal_observation"] for slot in cut])
            for slot in cut:
                infos[slot] = infos[slot] | {CUT: False}
        return observations, rewards, dones, infos

    def _values(self, observations: list[Any]) -> np.ndarray:
        """What the policy expects from each of these on, float32."""
        policy = self._learner.policy
        with torch.no_grad():
            return policy.predict_values(policy.obs_to_tensor(stacked(observations))[0])[:, 0].cpu().numpy()


def stacked(observations: list[Any]) -> Any:
    """Observations of a Box along a new first axis; those of a Dict so by key."""
    first = observations[0]
    if isinstance(first, dict):
        return {key: np.stack([each[key] for each in observations]) for key in first}
    return np.stack(observations)
