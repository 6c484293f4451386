"""The keys of conf/simulator/ns3.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING

from netgym_cli.config.schema import SimulatorConfig


@dataclass
class Ns3Config(SimulatorConfig):
    """Deadlines of the workers, the ns-3 that they load, what gives them memory, and what their death means."""

    ns3_prefix: str | None = MISSING
    malloc: str = "auto"
    recover: bool = True
