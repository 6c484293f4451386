"""A Gymnasium environment that has spaces only, for a model of Stable-Baselines3 that is built and not run."""

import gymnasium


class SpacesOnlyEnv(gymnasium.Env):
    def __init__(self, observation_space, action_space):
        self.observation_space, self.action_space = observation_space, action_space
