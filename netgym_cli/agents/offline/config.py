"""Config records of the offline agents and the checks that need no library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from omegaconf import MISSING

from netgym_cli.agents.sb3.config import OWN_KEYS, LearnerConfig
from netgym_cli.config.effect import read_if, read_unless
from netgym_cli.config.fields import ranged


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
    steps: int | None = ranged(1, null="")
    batch_size: int = ranged(1)
    evaluate_every_steps: int = ranged(0, note="0: never")
    evaluation_episodes: int = read_unless("evaluate_every_steps", 0, of=ranged(1))
    log_every_steps: int = ranged(1)

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
    clip_reward: float = read_if("normalize_reward", True, of=ranged(above=0))
    gamma: float = ranged(0, 1)
    tau: float = ranged(above=0, high=1)
