"""Behaviour cloning: imitates the actions of a dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.agents.offline.agent import OfflineAgent
from netgym_cli.agents.offline.config import OfflineConfig
from netgym_cli.agents.sb3.config import ActorCriticKwargs

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from netgym_cli.agents.offline.bc import BcLearner


@dataclass
class BcConfig(OfflineConfig):
    """Keys of conf/agent/bc.yaml."""

    own_keys: ClassVar[frozenset[str]] = OfflineConfig.own_keys | {"log_std_min"}

    log_std_min: float = MISSING
    policy_kwargs: ActorCriticKwargs = field(default_factory=ActorCriticKwargs)


class Bc(OfflineAgent[BcConfig]):
    """Maximum likelihood on PPO's policy; `agent=ppo init=RUN` continues it."""

    config_schema = BcConfig
    algorithm = "PPO"
    action_spaces = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)

    def learner(self, model: BaseAlgorithm) -> BcLearner:
        from netgym_cli.agents.offline.bc import BcLearner

        return BcLearner(model, self.config.log_std_min)
