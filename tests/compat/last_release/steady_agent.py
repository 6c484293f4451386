"""An agent as the last release's documentation has it."""

from dataclasses import dataclass

import numpy as np
from omegaconf import MISSING

from netgym_cli.agents import Agent
from netgym_cli.config import AgentConfig, require


@dataclass
class SteadyConfig(AgentConfig):
    share: float = MISSING

    def validate(self):
        require(0 <= self.share <= 1, "agent.share", self.share, "0 to 1")


class Steady(Agent[SteadyConfig]):
    config_schema = SteadyConfig

    @classmethod
    def refuses(cls, adapter):
        return None if hasattr(adapter.action_space, "low") else "needs a Box action space"

    def begin(self, env, seed):
        self.space = env.action_space

    def act(self, observation, info):
        return (self.space.low + self.config.share * (self.space.high - self.space.low)).astype(np.float32)
