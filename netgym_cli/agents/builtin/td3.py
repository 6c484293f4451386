"""Twin delayed deep deterministic policy gradient."""

from __future__ import annotations

from dataclasses import dataclass

from netgym_cli.agents.sb3.agent import Sb3Agent
from netgym_cli.agents.sb3.config import OffPolicyConfig
from netgym_cli.agents.sb3.td3_keys import Td3Keys


@dataclass
class Td3Config(Td3Keys, OffPolicyConfig):
    """Keys of conf/agent/td3.yaml."""


class Td3(Sb3Agent[Td3Config]):
    """`stable_baselines3.TD3`."""

    config_schema = Td3Config
    algorithm = "TD3"
