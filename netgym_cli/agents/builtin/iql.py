"""Implicit Q-learning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from omegaconf import MISSING

from netgym_cli.agents.builtin.sac import SacPolicyKwargs
from netgym_cli.agents.offline.agent import OfflineAgent
from netgym_cli.agents.offline.config import OfflineValueConfig
from netgym_cli.config.schema import require

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from netgym_cli.agents.offline.iql import IqlLearner


@dataclass
class IqlConfig(OfflineValueConfig):
    """Keys of conf/agent/iql.yaml."""

    own_keys: ClassVar[frozenset[str]] = OfflineValueConfig.own_keys | {"expectile", "temperature"}

    expectile: float = MISSING
    temperature: float = MISSING
    policy_kwargs: SacPolicyKwargs = field(default_factory=SacPolicyKwargs)

    def validate(self) -> None:
        super().validate()
        require(0 < self.expectile < 1, "agent.expectile", self.expectile, "between 0 and 1")
        require(self.temperature >= 0, "agent.temperature", self.temperature, "0 (imitation alone) or more")


class Iql(OfflineAgent[IqlConfig]):
    """On SAC's networks; `agent=sac init=RUN` continues it."""

    config_schema = IqlConfig
    algorithm = "SAC"

    def learner(self, model: BaseAlgorithm) -> IqlLearner:
        from netgym_cli.agents.offline.iql import IqlLearner

        return IqlLearner(model, self.config.expectile, self.config.temperature)
