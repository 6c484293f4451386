"""Implicit Q-learning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from netgym_cli.agents.builtin.sac import SacPolicyKwargs
from netgym_cli.agents.offline.agent import OfflineAgent
from netgym_cli.agents.offline.config import OfflineValueConfig
from netgym_cli.config.fields import ranged

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from netgym_cli.agents.offline.iql import IqlLearner


@dataclass
class IqlConfig(OfflineValueConfig):
    """Keys of conf/agent/iql.yaml."""

    own_keys: ClassVar[frozenset[str]] = OfflineValueConfig.own_keys | {"expectile", "temperature"}

    expectile: float = ranged(above=0, below=1)
    temperature: float = ranged(0, note="0: imitation alone")
    policy_kwargs: SacPolicyKwargs = field(default_factory=SacPolicyKwargs)


class Iql(OfflineAgent[IqlConfig]):
    """On SAC's networks; `agent=sac init=RUN` continues it."""

    config_schema = IqlConfig
    algorithm = "SAC"

    def learner(self, model: BaseAlgorithm) -> IqlLearner:
        from netgym_cli.agents.offline.iql import IqlLearner

        return IqlLearner(model, self.config.expectile, self.config.temperature)
