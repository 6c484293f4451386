"""Advantage actor-critic."""

from __future__ import annotations

from dataclasses import dataclass

from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.agents.sb3.agent import Sb3Agent
from netgym_cli.agents.sb3.config import OnPolicyConfig


@dataclass
class A2cConfig(OnPolicyConfig):
    """Keys of conf/agent/a2c.yaml."""

    rms_prop_eps: float = MISSING
    use_rms_prop: bool = MISSING


class A2c(Sb3Agent[A2cConfig]):
    """`stable_baselines3.A2C`."""

    config_schema = A2cConfig
    algorithm = "A2C"
    action_spaces = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
