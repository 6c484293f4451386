"""Pessimistic TD3 of NetworkGym's paper."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from gymnasium import spaces

from netgym_cli.agents.offline.agent import OfflineAgent
from netgym_cli.agents.offline.config import OfflineValueConfig
from netgym_cli.agents.sb3.td3_keys import Td3Keys
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import require
from netgym_cli.envs.agent_spec import AgentSpec

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from netgym_cli.agents.offline.ptd3 import Ptd3Learner

GRADIENTS = ("last_layer", "critic")
MOST_PARAMETERS = 20_000  # make a matrix of 1.6 GB


@dataclass
class Ptd3Config(Td3Keys, OfflineValueConfig):
    """Keys of conf/agent/ptd3.yaml."""

    own_keys: ClassVar[frozenset[str]] = OfflineValueConfig.own_keys | {
        "beta",
        "decay",
        "ridge",
        "gradient",
        "exact_inverse_every_steps",
    }

    layers: ClassVar[Any] = {"pi": [400, 300], "qf": [64, 64]}

    beta: float = ranged(0, note="0: no pessimism")
    decay: float = ranged(above=0, high=1)
    ridge: float = ranged(above=0)
    gradient: str = one_of(*GRADIENTS)
    exact_inverse_every_steps: int = ranged(0, note="0: never")


class Ptd3(OfflineAgent[Ptd3Config]):
    """On TD3's networks; `agent=td3 init=RUN` continues it."""

    config_schema = Ptd3Config
    algorithm = "TD3"

    def check(self, spec: AgentSpec, steps: int) -> None:
        super().check(spec, steps)
        arch = self.config.policy_kwargs.net_arch or self.config.layers
        inputs = spaces.flatdim(spec.observation_space) + spaces.flatdim(spec.action_space)
        sizes = [inputs, *(arch["qf"] if isinstance(arch, dict) else arch), 1]
        count = sum((before + 1) * after for before, after in pairwise(sizes))
        require(
            self.config.gradient == "last_layer" or count <= MOST_PARAMETERS,
            "agent.gradient",
            self.config.gradient,
            f"last_layer for a critic of {count} parameters, or a critic of {MOST_PARAMETERS} at most, as a matrix "
            "of their square is kept: see agent.policy_kwargs.net_arch",
        )

    def learner(self, model: BaseAlgorithm) -> Ptd3Learner:
        from netgym_cli.agents.offline.ptd3 import Ptd3Learner

        config = self.config
        whole, exact_every = config.gradient == "critic", config.exact_inverse_every_steps
        return Ptd3Learner(model, config.beta, config.decay, config.ridge, exact_every, whole)
