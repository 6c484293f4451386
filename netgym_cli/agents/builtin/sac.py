"""Soft actor-critic."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from netgym_cli.agents.sb3.agent import Sb3Agent
from netgym_cli.agents.sb3.config import POLICIES, USER_POLICIES, OffPolicyConfig, PolicyKwargs, require_alike
from netgym_cli.config.effect import read_if, read_while
from netgym_cli.config.fields import one_of, ranged, such_that


def entropy_weight() -> Any:
    """A field for the weight of the entropy: a number, or how SAC learns it."""
    return such_that(
        lambda value: bool(re.fullmatch(r"auto(_[0-9.]+)?", value)) if isinstance(value, str) else value >= 0,
        "auto, auto_<start>, or a number from 0",
    )


def entropy_target() -> Any:
    """A field for the entropy that SAC aims at."""
    target = such_that(lambda value: value == "auto" or not isinstance(value, str), "auto or a number")
    return read_while("ent_coef", lambda weight: isinstance(weight, str), of=target)  # a number is not learnt


@dataclass
class SacPolicyKwargs(PolicyKwargs):
    """Arguments of SAC's policy."""

    log_std_init: float | None = read_if("use_sde", True)
    use_expln: bool | None = read_if("use_sde", True)
    clip_mean: float | None = read_if("use_sde", True)
    n_critics: int | None = MISSING


@dataclass
class SacConfig(OffPolicyConfig):
    """Keys of conf/agent/sac.yaml."""

    policy: str = one_of(*POLICIES, *USER_POLICIES)
    ent_coef: int | float | str = entropy_weight()
    target_update_interval: int = ranged(1)
    target_entropy: int | float | str = entropy_target()
    use_sde: bool = MISSING
    sde_sample_freq: int = read_if("use_sde", True)
    use_sde_at_warmup: bool = read_if("use_sde", True)
    policy_kwargs: SacPolicyKwargs = field(default_factory=SacPolicyKwargs)

    def validate(self) -> None:
        super().validate()
        require_alike(self, self.use_sde)


class Sac(Sb3Agent[SacConfig]):
    """`stable_baselines3.SAC`."""

    config_schema = SacConfig
    algorithm = "SAC"
