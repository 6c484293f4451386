"""Federated averaging, or local SGD: nodes train for themselves and then exchange weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omegaconf import MISSING

from netgym_cli.config.fields import one_of
from netgym_cli.federation.strategy import Strategy, StrategyConfig

if TYPE_CHECKING:
    from netgym_cli.federation.replicas import Replicas


@dataclass
class FedavgConfig(StrategyConfig):
    """Keys of conf/env/strategy/fedavg.yaml."""

    weighting: str = one_of("equal", "examples")
    reset_optimizer: bool = MISSING


class Fedavg(Strategy[FedavgConfig]):
    """Everybody goes on with the mean of all weights (McMahan et al. 2017); optimisers keep their state."""

    config_schema = FedavgConfig

    def exchange(self, replicas: Replicas) -> None:
        replicas.become(replicas.mean(by_examples=self.config.weighting == "examples"))
        if self.config.reset_optimizer:
            replicas.new_optimizer()
