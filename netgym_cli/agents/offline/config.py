"""Config records of the offline agents and the checks that need no library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from omegaconf import MISSING

from netgym_cli.agents.sb3.config import OWN_KEYS, LearnerConfig
from netgym_cli.config.schema import require


@dataclass
class OfflineConfig(LearnerConfig):
    """Keys of every offline agent; see conf/agent/bc.yaml for meanings.

    Attributes:
        layers: hidden layers where `policy_kwargs.net_arch` is null; in the YAML they could be changed to nothing but
            another list, or another mapping.
    """

    own_keys: ClassVar[frozenset[str]] = OWN_KEYS | {
        "dataset",
        "steps",
        "batch_size",
        "evaluate_every_steps",
        "evaluation_episodes",
        "log_every_steps",
    }

    layers: ClassVar[Any] = [256, 256]

    dataset: str | None = MISSING
    steps: int | None = MISSING
    batch_size: int = MISSING
    evaluate_every_steps: int = MISSING
    evaluation_episodes: int = MISSING
    log_every_steps: int = MISSING

    def validate(self) -> None:
        super().validate()
        for key in ("batch_size", "evaluation_episodes", "log_every_steps"):
            require(getattr(self, key) >= 1, f"agent.{key}", getattr(self, key), "1 or more")
        every = self.evaluate_every_steps
        require(every >= 0, "agent.evaluate_every_steps", every, "0 (never) or more")

    def evaluated_after(self) -> tuple[int, ...]:
        """Numbers of updates after which the policy is evaluated: every so many, and the last."""
        if not self.evaluate_every_steps or self.steps is None:
            return ()
        return (*range(self.evaluate_every_steps, self.steps, self.evaluate_every_steps), self.steps)


@dataclass
class OfflineValueConfig(OfflineConfig):
    """Keys of the offline agents that learn values too."""

    own_keys: ClassVar[frozenset[str]] = OfflineConfig.own_keys

    normalize_reward: bool = MISSING
    clip_reward: float = MISSING
    gamma: float = MISSING
    tau: float = MISSING

    def validate(self) -> None:
        super().validate()
        require(self.clip_reward > 0, "agent.clip_reward", self.clip_reward, "above 0")
        require(0 <= self.gamma <= 1, "agent.gamma", self.gamma, "0 to 1")
        require(0 < self.tau <= 1, "agent.tau", self.tau, "above 0, up to 1")
