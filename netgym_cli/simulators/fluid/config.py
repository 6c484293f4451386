"""The keys of conf/simulator/fluid.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from netgym_cli.config.schema import SimulatorConfig, require

DEFAULT = "default"


@dataclass
class FluidConfig(SimulatorConfig):
    """Which calibration the twins have; deadlines are without effect, as nothing in this process is waited for."""

    calibration: Any = MISSING

    def validate(self) -> None:
        super().validate()
        names = self.calibrations
        require(
            len(names) > 0 and all(isinstance(name, str) and name for name in names),
            "simulator.calibration",
            self.calibration,
            "default, the name of a calibration, the path of a .yaml file, or a list of these",
        )

    @property
    def calibrations(self) -> list[str]:
        """Names and paths; with several, network k takes the k-th, beginning again after the last."""
        return list(self.calibration) if isinstance(self.calibration, list | tuple) else [self.calibration]
