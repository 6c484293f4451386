"""The connection to a worker, whoever makes the worker: frames to it and from it, and how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from netgym_cli.simulators.ns3.zygote_client import Zygote

if TYPE_CHECKING:
    from netgym_cli.simulators.ns3.config import Ns3Config


class WorkerConnection(Protocol):
    """One worker process and the way to it. `close` follows whatever happens to it.

    Attributes:
        owner_pid: process that asked for the worker, and the only one that may use it: its forked copies may not.
    """

    owner_pid: int

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


def connect(config: Ns3Config, source: Path | None) -> WorkerConnection:
    """A new worker for the ns-3 of `config` and the user's own scenario file `source`.

    The one place that chooses who makes it: the zygote of this process.

    Raises:
        BuildError, SimulatorDied, SimulatorTimeout: what it loads could not be built or loaded.
    """
    zygote = Zygote.shared(config.ns3_prefix, config.start_timeout_s, source, config.malloc)
    return zygote.fork(config.start_timeout_s)
