"""Proximal policy optimisation."""

from __future__ import annotations

from dataclasses import dataclass

from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.agents.sb3.agent import Sb3Agent
from netgym_cli.agents.sb3.config import OnPolicyConfig, scheduled
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import require


@dataclass
class PpoConfig(OnPolicyConfig):
    """Keys of conf/agent/ppo.yaml."""

    batch_size: int = ranged(1)
    n_epochs: int = ranged(1)
    clip_range: int | float | str = scheduled()
    clip_range_vf: int | float | str | None = scheduled(null="no limit")
    target_kl: float | None = MISSING

    def validate(self) -> None:
        super().validate()
        require(self.batch_size >= 2 or not self.normalize_advantage, "agent.batch_size", self.batch_size, "2 or more")
        if self.n_steps * self.n_envs % self.batch_size:
            steps = "n_steps" if self.n_envs == 1 else f"n_steps x n_envs, here {self.n_steps * self.n_envs}"
            raise ConfigError(
                f"agent.batch_size is {self.batch_size} and agent.n_steps is {self.n_steps}; "
                f"allowed: a batch_size that divides {steps}, so that every minibatch is full."
            )


class Ppo(Sb3Agent[PpoConfig]):
    """`stable_baselines3.PPO`."""

    config_schema = PpoConfig
    algorithm = "PPO"
    action_spaces = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
