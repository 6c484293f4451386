"""The keys of conf/simulator/ns3.yaml."""

from __future__ import annotations

from dataclasses import dataclass, replace

from omegaconf import MISSING

from netgym_cli.config.schema import SimulatorConfig
from netgym_cli.simulators.remote.destinations import destinations


@dataclass
class Ns3Config(SimulatorConfig):
    """Deadlines of the workers, the ns-3 that they load, what gives them memory, their death, and where they run."""

    ns3_prefix: str | None = MISSING
    malloc: str = "auto"
    recover: bool = True
    host: list[str] | None = None
    command: list[str] | None = None

    def here(self) -> Ns3Config:
        """As of every simulator: without hosts."""
        return replace(self, host=None, command=None)

    def validate(self) -> None:
        """As of every simulator, and places that can be understood."""
        super().validate()
        destinations(self.host, self.command)
