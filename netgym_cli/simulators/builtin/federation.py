"""Nodes that train one model together as a simulator: real gradients, in this process, on virtual clocks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from netgym_cli.config.schema import SimulatorConfig
from netgym_cli.messages.network import network_registry
from netgym_cli.simulators.base import Simulator
from netgym_cli.simulators.stats import Stats

if TYPE_CHECKING:
    from netgym_cli.simulators.federation.session import Session

log = logging.getLogger(__name__)
_told: set[str] = set()


class FederationSimulator(Simulator[SimulatorConfig]):
    """One session of distributed training. Its control is the number of steps of each node in a round."""

    scenarios = frozenset({"distributed_training"})
    _session: Session | None = None

    @classmethod
    def check_scenario(cls, config: SimulatorConfig, scenario: str, settings: Mapping[str, Any]) -> None:
        """Refuses nothing; says once what a network leaves out."""
        name, loss = settings["network"], settings["link"]["loss"]
        if name != "none" and loss not in (0, [0, 0]) and network_registry.load(name).lossless and name not in _told:
            _told.add(name)
            log.warning(
                "note: env.network=%s takes no notice of the loss of env.link, %s; env.network=tcp does.", name, loss
            )

    def start(self, scenario: str, settings: Mapping[str, Any], seed: int) -> Stats:
        from netgym_cli.simulators.federation.session import Session  # imports PyTorch

        self._session = Session(settings, seed)
        return self._session.begin_episode()

    def begin_episode(self) -> Stats:
        return self._running().begin_episode()

    def step(self, control: np.ndarray | None) -> Stats:
        return self._running().round(None if control is None else int(control[0]))

    def close(self) -> None:
        self._session = None

    def _running(self) -> Session:
        assert self._session is not None, "start() comes first"
        return self._session
