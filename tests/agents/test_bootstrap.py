"""What follows after a time limit is valued for all simulators at once, as Stable-Baselines3 values it one by one."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, PPO, SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.sb3.bootstrap import CUT, BatchedBootstrap
from netgym_cli.agents.sb3.floored_normalize import FlooredNormalize
from netgym_cli.agents.sb3.training import Training
from netgym_cli.experiment.opening import open_sessions
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.single import as_vector
from tests.support.engine import run_config

BOX = spaces.Box(-1, 1, (3,), np.float32)
SPACES = {"box": BOX, "dict": spaces.Dict({"seen": BOX, "heard": BOX})}


class Drawn(gymnasium.Env):
    """Episodes of two to five steps; every second one ends by a time limit, the others in a terminal state."""

    action_space = spaces.Box(-1, 1, (1,), np.float32)

    def __init__(self, number, kind):
        self.observation_space = SPACES[kind]
        self.observation_space.seed(number)
        self.random, self.episode, self.left = np.random.default_rng(number), 0, 0

    def observe(self):
        values = self.random.random((2, 3), np.float32)
        box = isinstance(self.observation_space, spaces.Box)
        return values[0] if box else {"seen": values[0], "heard": values[1]}

    def reset(self, *, seed=None, options=None):
        self.episode, self.left = self.episode + 1, int(self.random.integers(2, 6))
        return self.observe(), {}

    def step(self, action):
        self.left -= 1
        over, cut = self.left == 0, self.episode % 2 == 0
        return self.observe(), float(action[0]), over and not cut, over and cut, {}


class Rollout(BaseCallback):
    """Keeps the first rollout's returns and advantages, and the cuts that SB3 was told of."""

    def __init__(self):
        super().__init__()
        self.columns, self.told = None, 0

    def _on_step(self):
        self.told += sum(info.get(CUT, False) for info in self.locals["infos"])
        return True

    def _on_rollout_end(self):
        buffer = self.model.rollout_buffer
        self.columns = self.columns or [buffer.rewards.copy(), buffer.returns.copy(), buffer.advantages.copy()]


def rollout(algorithm, kind, batched, norm_reward):
    torch.set_num_threads(1)
    env = VecNormalize(DummyVecEnv([lambda n=n: Drawn(n, kind) for n in range(6)]), norm_reward=norm_reward)
    policy = "MlpPolicy" if kind == "box" else "MultiInputPolicy"
    learner = algorithm(policy, env, seed=1, n_steps=32, gamma=0.9, device="cpu")
    if batched:
        learner.set_env(BatchedBootstrap(learner.env, learner))
        assert learner.get_vec_normalize_env() is env
    kept = Rollout()
    learner.learn(192, callback=kept)
    return kept


@pytest.mark.parametrize(
    ("algorithm", "kind", "norm_reward"), [(PPO, "box", True), (PPO, "dict", False), (A2C, "box", False)]
)
def test_returns_equal_those_of_the_library_s_own_loop(algorithm, kind, norm_reward):
    one_by_one, at_once = (rollout(algorithm, kind, batched, norm_reward) for batched in (False, True))
    assert one_by_one.told > 10 and at_once.told == 0
    for expected, column in zip(one_by_one.columns, at_once.columns, strict=True):
        assert np.abs(expected).max() > 0.1
        np.testing.assert_allclose(column, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", SPACES)
def test_last_observations_are_scaled_together_as_one_by_one(kind):
    def told(normalize, **keywords):
        env = normalize(DummyVecEnv([lambda n=n: Drawn(n, kind) for n in range(6)]), **keywords)
        env.reset()
        return [env.step(np.zeros((6, 1)))[3] for _ in range(20)]

    compared = 0
    for one_by_one, together in zip(told(VecNormalize), told(FlooredNormalize, min_deviation=0.0), strict=True):
        for expected, info in zip(one_by_one, together, strict=True):
            assert expected.keys() == info.keys()
            last, scaled = expected.get("terminal_observation", []), info.get("terminal_observation", [])
            pairs = [(last[key], scaled[key]) for key in last] if isinstance(last, dict) else [(last, scaled)]
            assert all(np.array_equal(*pair) for pair in pairs)
            compared += "terminal_observation" in expected
    assert compared > 10


@pytest.mark.parametrize(("agent", "n_envs", "batched"), [("ppo", 1, False), ("a2c", 2, True), ("sac", 2, False)])
def test_only_on_policy_learners_in_several_simulators_are_told_less(agent, n_envs, batched, tmp_path):
    config = run_config(agent, n_envs=n_envs, policy="auto")
    sessions = as_vector(open_sessions(config, Plan.of(config)))
    training = Training(agent_registry.load(agent).algorithm, config.agent, sessions, 1, tmp_path)
    assert isinstance(training.result().model.env, BatchedBootstrap) == batched
    assert isinstance(training.result().model, SAC) == (agent == "sac")
    sessions.close()
