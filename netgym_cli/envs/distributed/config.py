"""The config record of `distributed_training`. Meanings, units and defaults stand in conf/env/."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netgym_cli.config.effect import read_if
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import EnvConfig, require, typed
from netgym_cli.envs.distributed.features import FEATURES
from netgym_cli.envs.measurements import require_known
from netgym_cli.federation.speeds import ComputeKeys
from netgym_cli.federation.strategy import StrategyConfig, strategy_registry
from netgym_cli.federation.workload import PRECISIONS, WorkloadConfig, workload_registry
from netgym_cli.messages.collective import collective_registry
from netgym_cli.messages.link import link_keys
from netgym_cli.messages.network import network_registry
from netgym_cli.messages.topology import topology_registry

REWARDS = ("time", "progress")


@dataclass
class RewardTerms:
    """Keys under `env.reward_terms`."""

    time_scale_s: float | None = ranged(above=0, null="a round of the strategy's own schedule")
    failure: float = ranged(0, 1e9)
    bytes_scale_mb: float | None = read_if("reward", "progress", of=ranged(above=0, null="bytes cost nothing"))


@dataclass
class DistributedTrainingConfig(EnvConfig):
    """The keys of conf/env/distributed_training.yaml; strategy and workload have records of their own."""

    strategy: dict[str, Any] = field(default_factory=dict)
    workload: dict[str, Any] = field(default_factory=dict)
    target_accuracy: float | None = ranged(above=0, high=1, null="none")
    target_loss: float | None = ranged(above=0, null="none")
    time_budget_s: float | None = ranged(above=0, null="none")
    nodes: int = ranged(1, 64)
    batch_size: int = ranged(1, 4096)
    compute: ComputeKeys = field(default_factory=ComputeKeys)
    topology: str = one_of(topology_registry.names)
    link: Any = "wan"
    collective: str = one_of(lambda: ["auto", *collective_registry.names()])
    network: str = one_of(network_registry.names)
    handshakes: float = ranged(0, 100)
    wire_parameters: int | None = ranged(1, null="the model's own")
    local_steps_range: list[int] = ranged(1, 100_000)
    features: list[str] = field(default_factory=list)
    reward: str = one_of(*REWARDS)
    reward_terms: RewardTerms = field(default_factory=RewardTerms)
    precision: str = one_of(*PRECISIONS)
    torch_threads: int = ranged(1, 16)

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        ends = self.local_steps_range
        rising = len(ends) == 2 and ends[0] <= ends[1]
        require(rising, "env.local_steps_range", ends, "[low, high], two whole numbers, the second not below the first")
        require(len(self.features) >= 1, "env.features", self.features, "a list of one or more features")
        require_known("env.features", self.features, FEATURES)
        self.strategy_record()
        self.workload_record()
        link_keys(self.link, "env.link")
        workload = workload_registry.load(self.workload["name"])
        if self.target_accuracy is not None and not workload.measures_accuracy:
            name = self.workload["name"]
            allowed = f"null, because workload '{name}' has no accuracy; give target_loss instead"
            require(False, "env.target_accuracy", self.target_accuracy, allowed)

    def parts(self) -> dict[str, Any]:
        """The records of what has YAML files of its own. Raises `ConfigError`."""
        return {"strategy": self.strategy_record(), "workload": self.workload_record()}

    def strategy_record(self) -> StrategyConfig:
        """The keys under `strategy`, typed and checked. Raises `ConfigError`."""
        return _member(strategy_registry, self.strategy, "env.strategy")  # type: ignore[no-any-return]

    def workload_record(self) -> WorkloadConfig:
        """The keys under `workload`, typed and checked. Raises `ConfigError`."""
        return _member(workload_registry, self.workload, "env.workload")  # type: ignore[no-any-return]


def _member(registry: Any, keys: dict[str, Any], where: str) -> Any:
    named = isinstance(keys.get("name"), str)
    require(
        named, where, keys, f"all keys of a member, its 'name' among them: choose one by {where.replace('.', '/')}=NAME"
    )
    record = typed(registry.load(keys["name"]).config_schema, keys, where)
    record.validate()
    return record
