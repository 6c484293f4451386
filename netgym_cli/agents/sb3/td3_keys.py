"""Keys that TD3 and its offline variants share."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING

from netgym_cli.agents.sb3.config import LearnerConfig, PolicyKwargs
from netgym_cli.config.schema import require


@dataclass
class Td3PolicyKwargs(PolicyKwargs):
    """Arguments of TD3's policy."""

    n_critics: int | None = MISSING


@dataclass
class Td3Keys(LearnerConfig):
    """To be mixed into the config of a learner; see conf/agent/td3.yaml for meanings."""

    policy_delay: int = MISSING
    target_policy_noise: float = MISSING
    target_noise_clip: float = MISSING
    policy_kwargs: Td3PolicyKwargs = field(default_factory=Td3PolicyKwargs)

    def validate(self) -> None:
        super().validate()
        require(self.policy_delay >= 1, "agent.policy_delay", self.policy_delay, "1 or more")
        for key in ("target_policy_noise", "target_noise_clip"):
            require(getattr(self, key) >= 0, f"agent.{key}", getattr(self, key), "0 or more")
