"""Soft actor-critic."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from omegaconf import MISSING

from netgym_cli.agents.sb3.agent import Sb3Agent
from netgym_cli.agents.sb3.config import OffPolicyConfig, PolicyKwargs
from netgym_cli.config.schema import require


@dataclass
class SacPolicyKwargs(PolicyKwargs):
    """Arguments of SAC's policy."""

    log_std_init: float | None = MISSING
    use_expln: bool | None = MISSING
    clip_mean: float | None = MISSING
    n_critics: int | None = MISSING


@dataclass
class SacConfig(OffPolicyConfig):
    """Keys of conf/agent/sac.yaml."""

    ent_coef: int | float | str = MISSING
    target_update_interval: int = MISSING
    target_entropy: int | float | str = MISSING
    use_sde: bool = MISSING
    sde_sample_freq: int = MISSING
    use_sde_at_warmup: bool = MISSING
    policy_kwargs: SacPolicyKwargs = field(default_factory=SacPolicyKwargs)

    def validate(self) -> None:
        super().validate()
        require_entropy(self.ent_coef, self.target_entropy)
        interval = self.target_update_interval
        require(interval >= 1, "agent.target_update_interval", interval, "1 or more")


def require_entropy(ent_coef: float | str, target: float | str) -> None:
    """Raises `ConfigError` unless the weight of the entropy and its target are what SAC knows."""
    learnt = isinstance(ent_coef, str) and re.fullmatch(r"auto(_[0-9.]+)?", ent_coef)
    fixed = not isinstance(ent_coef, str) and ent_coef >= 0
    require(bool(learnt or fixed), "agent.ent_coef", ent_coef, "auto, auto_<start>, or a number from 0")
    require(target == "auto" or not isinstance(target, str), "agent.target_entropy", target, "auto or a number")


class Sac(Sb3Agent[SacConfig]):
    """`stable_baselines3.SAC`."""

    config_schema = SacConfig
    algorithm = "SAC"
