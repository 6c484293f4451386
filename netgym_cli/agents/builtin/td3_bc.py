"""TD3 with a behaviour cloning term (TD3+BC)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from netgym_cli.agents.offline.agent import OfflineAgent
from netgym_cli.agents.offline.config import OfflineValueConfig
from netgym_cli.agents.sb3.td3_keys import Td3Keys
from netgym_cli.config.fields import ranged

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from netgym_cli.agents.offline.td3_bc import Td3BcLearner


@dataclass
class Td3BcConfig(Td3Keys, OfflineValueConfig):
    """Keys of conf/agent/td3_bc.yaml."""

    own_keys: ClassVar[frozenset[str]] = OfflineValueConfig.own_keys | {"alpha"}

    alpha: float = ranged(0, note="0: imitation alone")


class Td3Bc(OfflineAgent[Td3BcConfig]):
    """On TD3's networks; `agent=td3 init=RUN` continues it."""

    config_schema = Td3BcConfig
    algorithm = "TD3"

    def learner(self, model: BaseAlgorithm) -> Td3BcLearner:
        from netgym_cli.agents.offline.td3_bc import Td3BcLearner

        return Td3BcLearner(model, self.config.alpha)
