"""Conservative Q-learning, CQL(H)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from omegaconf import MISSING

from netgym_cli.agents.builtin.sac import SacPolicyKwargs, require_entropy
from netgym_cli.agents.offline.agent import OfflineAgent
from netgym_cli.agents.offline.config import OfflineValueConfig
from netgym_cli.config.schema import require

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from netgym_cli.agents.offline.cql import CqlLearner


@dataclass
class CqlConfig(OfflineValueConfig):
    """Keys of conf/agent/cql.yaml."""

    own_keys: ClassVar[frozenset[str]] = OfflineValueConfig.own_keys | {"alpha", "num_actions", "actor_learning_rate"}

    alpha: float = MISSING
    num_actions: int = MISSING
    actor_learning_rate: float = MISSING
    ent_coef: int | float | str = MISSING
    target_entropy: int | float | str = MISSING
    policy_kwargs: SacPolicyKwargs = field(default_factory=SacPolicyKwargs)

    def validate(self) -> None:
        super().validate()
        require_entropy(self.ent_coef, self.target_entropy)
        require(self.alpha >= 0, "agent.alpha", self.alpha, "0 (no conservatism) or more")
        require(self.num_actions >= 1, "agent.num_actions", self.num_actions, "1 or more")
        rate = self.actor_learning_rate
        require(rate >= 0, "agent.actor_learning_rate", rate, "0 or more")


class Cql(OfflineAgent[CqlConfig]):
    """On SAC's networks; `agent=sac init=RUN` continues it."""

    config_schema = CqlConfig
    algorithm = "SAC"

    def learner(self, model: BaseAlgorithm) -> CqlLearner:
        from netgym_cli.agents.offline.cql import CqlLearner

        config = self.config
        return CqlLearner(model, config.alpha, config.num_actions, config.actor_learning_rate)
