"""Conservative Q-learning, CQL(H)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from netgym_cli.agents.builtin.sac import SacPolicyKwargs, entropy_target, entropy_weight
from netgym_cli.agents.offline.agent import OfflineAgent
from netgym_cli.agents.offline.config import OfflineValueConfig
from netgym_cli.config.fields import ranged

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from netgym_cli.agents.offline.cql import CqlLearner


@dataclass
class CqlConfig(OfflineValueConfig):
    """Keys of conf/agent/cql.yaml."""

    own_keys: ClassVar[frozenset[str]] = OfflineValueConfig.own_keys | {"alpha", "num_actions", "actor_learning_rate"}

    alpha: float = ranged(0, note="0: no conservatism")
    num_actions: int = ranged(1)
    actor_learning_rate: float = ranged(0)
    ent_coef: int | float | str = entropy_weight()
    target_entropy: int | float | str = entropy_target()
    policy_kwargs: SacPolicyKwargs = field(default_factory=SacPolicyKwargs)


class Cql(OfflineAgent[CqlConfig]):
    """On SAC's networks; `agent=sac init=RUN` continues it."""

    config_schema = CqlConfig
    algorithm = "SAC"

    def learner(self, model: BaseAlgorithm) -> CqlLearner:
        from netgym_cli.agents.offline.cql import CqlLearner

        config = self.config
        return CqlLearner(model, config.alpha, config.num_actions, config.actor_learning_rate)
