"""What nodes exchange and how it is applied: the `Strategy` interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from omegaconf import MISSING

from netgym_cli.common.contracts import Part, record
from netgym_cli.common.registry import Registry
from netgym_cli.config.fields import check_fields, one_of, ranged

if TYPE_CHECKING:
    import torch

    from netgym_cli.federation.replicas import Replicas


@dataclass
class StrategyConfig:
    """Keys that every strategy has: its schedule, and the optimiser of each node."""

    name: str = MISSING
    local_steps: int = ranged(1, 100_000)
    optimizer: str = one_of("sgd", "momentum", "adamw")
    lr: float = ranged(above=0)
    weight_decay: float = ranged(0, 1e6)
    max_norm: float | None = ranged(above=0, null="any length")

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        check_fields(self, "env.strategy")


C = TypeVar("C", bound=StrategyConfig)


class Strategy(ABC, Generic[C]):
    """A round: some steps of every node for itself, then an exchange.

    Attributes:
        config_schema: the dataclass of the strategy's YAML file.
        config: its keys; `local_steps` is its own schedule, which an agent may change from round to round.
    """

    member_contract: ClassVar[dict[str, Part]] = {
        "config_schema": Part(
            record,
            "`config_schema = MyConfig`, a @dataclass that extends netgym_cli.federation.strategy.StrategyConfig",
        ),
    }
    config_schema: ClassVar[type[StrategyConfig]]

    def __init__(self, config: C) -> None:
        self.config = config

    def begin(self, replicas: Replicas) -> None:
        """A training begins: all replicas have the same weights."""

    def compute(self, replicas: Replicas, steps: int) -> torch.Tensor:
        """What every node does for itself; here: `steps` steps of its optimiser.

        Returns the losses of all steps, shape `(steps, N)`.
        """
        return replicas.local_steps(steps)

    @abstractmethod
    def exchange(self, replicas: Replicas) -> None:
        """Lets every node have what the exchange gives it."""

    def payload_values(self, parameters: int) -> int:
        """How many numbers each node puts into an exchange for a model of so many parameters."""
        return parameters


strategy_registry: Registry[Strategy[Any]] = Registry("strategy", "netgym_cli.federation.strategies", Strategy)
