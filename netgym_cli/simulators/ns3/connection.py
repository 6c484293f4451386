"""The connection to a worker, whoever makes the worker: frames to it and from it, and how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from netgym_cli.simulators.ns3.allocator import allocator
from netgym_cli.simulators.ns3.build import replaced
from netgym_cli.simulators.ns3.installed import locate
from netgym_cli.simulators.ns3.user_scenario import check_source, ready
from netgym_cli.simulators.ns3.zygote_client import Zygote
from netgym_cli.simulators.remote.sites import sites

if TYPE_CHECKING:
    from netgym_cli.simulators.ns3.config import Ns3Config


class WorkerConnection(Protocol):
    """One worker process and the way to it. `close` follows whatever happens to it.

    Attributes:
        owner_pid: process that asked for the worker, and the only one that may use it: its forked copies may not.
        where: the machine, as the rest of a sentence about it; empty for this one.
    """

    owner_pid: int

    @property
    def where(self) -> str: ...

    @property
    def pid(self) -> int | None:
        """Process id of the worker on this machine; None if it runs on another."""

    def fileno(self) -> int:
        """A file descriptor that is readable when there is a frame, or the worker has ended."""

    def send(self, frame: bytes) -> None:
        """Sends a frame. Raises `OSError` if the worker has ended."""

    def poll(self, timeout_s: float) -> bool:
        """Waits until there is a frame, or the worker has ended; False after `timeout_s`."""

    def receive(self) -> bytes:
        """The next frame. Raises `EOFError` or `OSError` if the worker has ended."""

    def wait(self) -> str:
        """Waits for a worker that is ending, and says how it ended. Raises `SimulatorError` if nobody can tell."""

    def kill(self) -> None:
        """Kills the worker. Raises `SimulatorError` if its maker is gone, and the worker with it."""

    def tail(self) -> str:
        """The last lines that it wrote on stdout and stderr, indented; empty if it wrote nothing."""

    def close(self) -> None:
        """Releases the connection and the output; ends no worker."""


def check(config: Ns3Config, source: Path | None) -> None:
    """Looks whether workers for `config` can be had; leaves no trace. Raises `ConfigError` or `BuildError`."""
    if source:
        check_source(source, config.ns3_prefix)
    if (elsewhere := sites(config)) is not None:
        elsewhere.check(config)
    else:
        locate(config.ns3_prefix)
        allocator(config.malloc)


def prepare(config: Ns3Config, source: Path | None) -> None:
    """Compiles, here or there, what the workers load. Raises `BuildError` or `HostError`."""
    if (elsewhere := sites(config)) is not None:
        elsewhere.prepare(config, source)
    else:
        ready(config.ns3_prefix, source)


def about(config: Ns3Config) -> dict[str, Any]:
    """The ns-3 that the workers load, and where they run if that is elsewhere, as plain values."""
    if (elsewhere := sites(config)) is not None:
        return elsewhere.about()
    ns3 = locate(config.ns3_prefix)
    return {
        "ns3": ns3.version,
        "ns3_prefix": str(ns3.prefix),
        "ns3_optimized": ns3.optimized,
        "ns3_replaced": replaced(ns3),
        "malloc": allocator(config.malloc).name,
    }


def connect(config: Ns3Config, source: Path | None) -> WorkerConnection:
    """A new worker for the ns-3 of `config` and the user's own scenario file `source`.

    It is made by the zygote of this process, or by a relay elsewhere; nothing but this file knows which.

    Raises:
        BuildError, SimulatorDied, SimulatorTimeout: what it loads could not be built or loaded.
        HostError: no destination takes the session.
    """
    if (elsewhere := sites(config)) is not None:
        return elsewhere.session(config, source)
    zygote = Zygote.shared(config.ns3_prefix, config.start_timeout_s, source, config.malloc)
    return zygote.fork(config.start_timeout_s)
