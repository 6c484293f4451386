"""Proximal policy optimisation."""

from __future__ import annotations

from dataclasses import dataclass

from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.agents.sb3.agent import Sb3Agent
from netgym_cli.agents.sb3.config import OnPolicyConfig, schedule
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import require


@dataclass
class PpoConfig(OnPolicyConfig):
    """Keys of conf/agent/ppo.yaml."""

    batch_size: int = MISSING
    n_epochs: int = MISSING
    clip_range: int | float | str = MISSING
    clip_range_vf: int | float | str | None = MISSING
    target_kl: float | None = MISSING

    def validate(self) -> None:
        super().validate()
        schedule("agent.clip_range", self.clip_range)
        if self.clip_range_vf is not None:
            schedule("agent.clip_range_vf", self.clip_range_vf)
        require(self.n_epochs >= 1, "agent.n_epochs", self.n_epochs, "1 or more")
        least = 2 if self.normalize_advantage else 1
        require(self.batch_size >= least, "agent.batch_size", self.batch_size, f"{least} or more")
        if self.n_steps % self.batch_size:
            raise ConfigError(
                f"agent.batch_size is {self.batch_size} and agent.n_steps is {self.n_steps}; "
                "allowed: a batch_size that divides n_steps, so that every minibatch is full."
            )


class Ppo(Sb3Agent[PpoConfig]):
    """`stable_baselines3.PPO`."""

    config_schema = PpoConfig
    algorithm = "PPO"
    action_spaces = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
