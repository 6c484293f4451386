"""Agents that a user could have written for `agent=custom`; they know nothing of netgym."""

import json

import numpy as np


class Hill:
    """Climbs: keeps a random change of its action if the reward did not fall. Saves the best action as JSON."""

    def __init__(self, observation_space, action_space, seed, width=0.3):
        self.space, self.width = action_space, width
        self.random = np.random.default_rng(seed)
        self.best, self.reward = (action_space.low + action_space.high) / 2, -np.inf
        self.learning = False

    def act(self, observation, info):
        if not self.learning and self.reward > -np.inf:
            return self.best
        step = self.random.normal(0, self.width, self.best.shape)
        return np.clip(self.best + step, self.space.low, self.space.high).astype(np.float32)

    def learn(self, observation, action, reward, next_observation, terminated, truncated, info):
        self.learning = True
        if reward >= self.reward:
            self.best, self.reward = action, reward

    def save(self, folder):
        (folder / "best.json").write_text(json.dumps({"best": self.best.tolist(), "reward": self.reward}))

    def load(self, folder):
        told = json.loads((folder / "best.json").read_text())
        self.best, self.reward = np.array(told["best"], np.float32), told["reward"]


class Empty:
    """The smallest agent."""

    def __init__(self, observation_space, action_space, seed):
        pass

    def act(self, observation, info):
        return None


class Passive:
    def __init__(self, observation_space, action_space, seed):
        pass


class Short:
    def __init__(self, seed):
        pass

    def act(self, observation, info):
        return None


class Deaf:
    def __init__(self, observation_space, action_space, seed):
        pass

    def act(self):
        return None


NUMBER = 3
