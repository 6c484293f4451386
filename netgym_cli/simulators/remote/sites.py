"""All destinations of a config together: which of them takes the next session, and what is known of each."""

from __future__ import annotations

import logging
import os
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from netgym_cli.common.errors import ConfigError
from netgym_cli.simulators.remote.destinations import Destination, destinations
from netgym_cli.simulators.remote.handshake import granted, greeted, let_go
from netgym_cli.simulators.remote.near import RemoteWorker
from netgym_cli.simulators.remote.troubles import HostError

if TYPE_CHECKING:
    from netgym_cli.simulators.ns3.config import Ns3Config

log = logging.getLogger(__name__)


class Sites:
    """The destinations of one config in this process; use `sites`."""

    shared: ClassVar[dict[tuple[Destination, ...], Sites]] = {}

    def __init__(self, all_of_them: tuple[Destination, ...]) -> None:
        self._destinations = all_of_them
        self._taken: dict[Destination, set[int]] = {destination: set() for destination in all_of_them}
        self._failed: set[Destination] = set()
        self._choosing = threading.Lock()  # sessions of several simulators begin on threads of their own
        self._greetings: dict[Destination, dict[str, Any]] = {}
        self._software: dict[str, Any] = {}

    def check(self, config: Ns3Config) -> None:
        """Looks whether all of them answer and may simulate for this side, once. Raises `ConfigError`."""
        for destination in self._destinations:
            if destination not in self._greetings:
                try:
                    self.greeting(destination, config)
                except HostError as error:
                    key = "command" if config.host is None else "host"
                    raise ConfigError(f"simulator.{key}: {error}") from error

    def greeting(self, destination: Destination, config: Ns3Config) -> dict[str, Any]:
        """What one of them says that it is, asked now. Raises `HostError` or `ConfigError`."""
        line, there = greeted(destination, 0, config)
        let_go(line)
        self._greetings[destination] = there
        return there

    def prepare(self, config: Ns3Config, source: Path | None) -> None:
        """Has each of them compile and load what the sessions need. Raises `HostError` or `ConfigError`."""
        for destination in self._destinations:
            line, self._greetings[destination] = greeted(destination, 0, config)
            try:
                software = granted(line, "prepare", config, source)
            finally:
                let_go(line)
            self._software = self._software or software

    def about(self) -> dict[str, Any]:
        """What `run.json` notes: ns-3 there, and which machines they are; as far as it is known."""
        machines = {destination.name: {key: told.get(key) for key in ("machine", "cpu", "cores", "python")}
                    for destination, told in self._greetings.items()}  # fmt: skip
        return {**self._software, "hosts": machines}

    def session(self, config: Ns3Config, source: Path | None) -> RemoteWorker:
        """A worker at the destination with most free places, or at the next one that has one.

        Of equal ones the first in the config; those that failed last time come last. Raises `HostError`.
        """
        errors = []
        for destination in sorted(self._destinations, key=lambda one: (one in self._failed, -self._free(one))):
            try:
                worker = self._at(destination, config, source)
            except HostError as error:
                errors.append(error)
                self._failed.add(destination)
                continue
            for failure in errors:
                log.warning("%s The session is on %s.", failure, destination.name)
            self._failed.discard(destination)
            return worker
        if len(errors) == 1:
            raise errors[0]
        names = ", ".join(error.host for error in errors)
        raise HostError(names, "no host takes the session:\n  " + "\n  ".join(map(str, errors)))

    def _at(self, destination: Destination, config: Ns3Config, source: Path | None) -> RemoteWorker:
        number = self._place(destination)
        try:
            line, self._greetings[destination] = greeted(destination, number, config)
            try:
                granted(line, "session", config, source)
            except BaseException:
                let_go(line)
                raise
        except BaseException:
            self._taken[destination].discard(number)
            raise
        return RemoteWorker(line, partial(self._taken[destination].discard, number))

    def _place(self, destination: Destination) -> int:
        """Takes a place, and returns its number. Raises `HostError` if there is none."""
        with self._choosing:
            if self._free(destination) > 0:
                taken = self._taken[destination]
                number = next(number for number in range(len(taken) + 1) if number not in taken)
                taken.add(number)
                return number
        raise HostError(
            destination.name,
            f"{destination.name}: no place is free: all {destination.places} are taken by sessions of this process. "
            "Give more places in simulator.host, add a host, or lower agent.n_envs.",
        )

    def _free(self, destination: Destination) -> float:
        """Places left for this process; of a destination without limit, as if there were very many."""
        most = float(destination.places) if destination.places is not None else 1e9
        return most - len(self._taken[destination])


def sites(config: Ns3Config) -> Sites | None:
    """Where the sessions of `config` are simulated; None: here. Raises `ConfigError`."""
    found = destinations(config.host, config.command)
    return Sites.shared.setdefault(found, Sites(found)) if found else None


os.register_at_fork(after_in_child=Sites.shared.clear)
