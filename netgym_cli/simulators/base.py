"""What answers a policy with statistics: the `Simulator` interface and the `Stats` that cross it.

A simulator lives for one session. Statistics cross as one flat array whose `Layout` is sent once; a pandas frame is
made only when somebody looks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netgym_cli.common.registry import Registry
from netgym_cli.simulators.stats import Stats

if TYPE_CHECKING:
    from netgym_cli.config.schema import SimulatorConfig


class Simulator(ABC):
    """One simulator life: `start` once, `step` until the session ends, `close`.

    Attributes:
        config: deadlines and the like.
        source: the user's own scenario file, if the adapter has one.
    """

    def __init__(self, config: SimulatorConfig, source: Path | None = None) -> None:
        self.config, self.source = config, source

    @classmethod  # noqa: B027 - most simulators have nothing to check
    def check(cls, config: SimulatorConfig, source: Path | None = None) -> None:
        """Looks, cheaply and leaving no trace, whether `config` can work here. Raises `ConfigError` or `BuildError`."""

    @classmethod  # noqa: B027 - most simulators have nothing to prepare
    def prepare(cls, config: SimulatorConfig, source: Path | None = None) -> None:
        """Does what needs doing once per machine, such as compiling; logs its progress."""

    @abstractmethod
    def start(self, scenario: str, settings: Mapping[str, Any], seed: int) -> Stats:
        """Builds `scenario` from plain nested `settings`, simulates its warm interval and returns its measurement.

        Raises `SimulatorDied`, `SimulatorTimeout` or `BuildError`.
        """

    @abstractmethod
    def step(self, policy: np.ndarray | None) -> Stats:
        """Applies `policy` (flat float64; None for the scenario's default algorithm) and simulates one interval."""

    def begin_episode(self) -> Stats | None:
        """The measurement with which a further episode begins; None if what is simulated runs on, as networks do."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Releases the simulator; harmless when called twice or after a failure."""


simulator_registry: Registry[Simulator] = Registry("simulator", "netgym_cli.simulators.builtin", Simulator)
