"""Twin delayed deep deterministic policy gradient."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING

from netgym_cli.agents._sb3 import Sb3Agent
from netgym_cli.agents._sb3_config import OffPolicyConfig, PolicyKwargs
from netgym_cli.config import require


@dataclass
class Td3PolicyKwargs(PolicyKwargs):
    """Arguments of TD3's policy."""

    n_critics: int | None = MISSING


@dataclass
class Td3Config(OffPolicyConfig):
    """Keys of conf/agent/td3.yaml."""

    policy_delay: int = MISSING
    target_policy_noise: float = MISSING
    target_noise_clip: float = MISSING
    policy_kwargs: Td3PolicyKwargs = field(default_factory=Td3PolicyKwargs)

    def validate(self) -> None:
        super().validate()
        require(self.policy_delay >= 1, "agent.policy_delay", self.policy_delay, "1 or more")
        for key in ("target_policy_noise", "target_noise_clip"):
            require(getattr(self, key) >= 0, f"agent.{key}", getattr(self, key), "0 or more")


class Td3(Sb3Agent[Td3Config]):
    """`stable_baselines3.TD3`."""

    config_schema = Td3Config
    algorithm = "TD3"
