"""Keys that TD3 and its offline variants share."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING

from netgym_cli.agents.sb3.config import LearnerConfig, PolicyKwargs
from netgym_cli.config.fields import ranged


@dataclass
class Td3PolicyKwargs(PolicyKwargs):
    """Arguments of TD3's policy."""

    n_critics: int | None = MISSING


@dataclass
class Td3Keys(LearnerConfig):
    """To be mixed into the config of a learner; see conf/agent/td3.yaml for meanings."""

    policy_delay: int = ranged(1)
    target_policy_noise: float = ranged(0)
    target_noise_clip: float = ranged(0)
    policy_kwargs: Td3PolicyKwargs = field(default_factory=Td3PolicyKwargs)

    def validate(self) -> None:
        super().validate()
