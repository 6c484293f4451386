"""Keys that the offline variants of TD3 share."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING

from netgym_cli.agents._offline.config import OfflineValueConfig
from netgym_cli.agents.td3 import Td3PolicyKwargs
from netgym_cli.config import require


@dataclass
class OfflineTd3Config(OfflineValueConfig):
    """See conf/agent/td3_bc.yaml for meanings."""

    policy_delay: int = MISSING
    target_policy_noise: float = MISSING
    target_noise_clip: float = MISSING
    policy_kwargs: Td3PolicyKwargs = field(default_factory=Td3PolicyKwargs)

    def validate(self) -> None:
        super().validate()
        require(self.policy_delay >= 1, "agent.policy_delay", self.policy_delay, "1 or more")
        for key in ("target_policy_noise", "target_noise_clip"):
            require(getattr(self, key) >= 0, f"agent.{key}", getattr(self, key), "0 or more")
