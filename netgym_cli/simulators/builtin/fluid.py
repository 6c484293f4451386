"""Fluid twins as a simulator: fast models of netgym's networks, in this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netgym_cli.common.errors import ConfigError
from netgym_cli.simulators.base import Simulator
from netgym_cli.simulators.fluid.batch import FluidBatch
from netgym_cli.simulators.fluid.build import ensure
from netgym_cli.simulators.fluid.calibration import calibration
from netgym_cli.simulators.fluid.config import FluidConfig
from netgym_cli.simulators.fluid.limits import LIMITS, WAY_OUT, require_modelled
from netgym_cli.simulators.fluid.validation import caveat
from netgym_cli.simulators.stats import Stats


class Fluid(Simulator[FluidConfig]):
    """One network of a `FluidBatch`: the same measurements as from ns-3, from rates and queues instead of packets."""

    config_schema = FluidConfig
    scenarios = frozenset(LIMITS)
    twin_of = "ns3"
    copyable = True
    batches = True
    _networks: FluidBatch | None = None

    @classmethod
    def check(cls, config: FluidConfig, source: Path | None = None) -> None:
        if source is not None:
            raise ConfigError(
                f"scenario_source is '{source}', and simulator=fluid has no model of a scenario of your own. {WAY_OUT}"
            )

    @classmethod
    def check_scenario(cls, config: FluidConfig, scenario: str, settings: Mapping[str, Any]) -> None:
        require_modelled(scenario, settings)
        for name in config.calibrations:
            calibration(name, scenario)

    @classmethod
    def caveat(cls, config: FluidConfig, scenario: str, env: str) -> str | None:
        found = {name: calibration(name, scenario) for name in config.calibrations}
        return caveat(env, {name: one.validation for name, one in found.items()})

    @classmethod
    def prepare(cls, config: FluidConfig, source: Path | None = None) -> None:
        ensure()

    @classmethod
    def batch(cls, config: FluidConfig, scenario: str, settings: Mapping[str, Any], copies: int) -> FluidBatch:
        return FluidBatch(config, scenario, settings, copies)

    def start(self, scenario: str, settings: Mapping[str, Any], seed: int) -> Stats:
        self.close()
        self._networks = FluidBatch(self.config, scenario, settings, 1)
        return self._stats(self._networks.start(np.array([seed])))

    def step(self, control: np.ndarray | None) -> Stats:
        assert self._networks is not None, "start() comes first"
        return self._stats(self._networks.step(control))

    def close(self) -> None:
        if self._networks is not None:
            self._networks.close()
            self._networks = None

    def _stats(self, values: np.ndarray) -> Stats:
        networks = self._networks
        assert networks is not None
        return Stats(networks.layout, float(networks.ts_ms[0]), values[0], int(networks.ticks[0]))
