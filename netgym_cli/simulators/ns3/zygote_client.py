"""The trainer's side of the zygote: start it once per process, have it fork workers, learn how they ended."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from netgym_cli.common import user_modules
from netgym_cli.common.errors import SimulatorDied, SimulatorTimeout
from netgym_cli.simulators.ns3.build import HEADER, Ns3, include_dirs, sources
from netgym_cli.simulators.ns3.user_scenario import is_python, ready, version
from netgym_cli.simulators.ns3.worker import protocol

STDERR_TAIL_LINES = 12
PROGRAM = Path(protocol.__file__).with_name("zygote.py")


@dataclass
class ZygoteWorker:
    """A worker that a zygote forked, as a `WorkerConnection`."""

    zygote: Zygote
    pid: int
    connection: Connection
    output: IO[bytes]

    def __post_init__(self) -> None:
        # `Connection.poll` builds a selector at every call, which takes longer than many a step of a channel
        self._poll = select.poll()
        self._poll.register(self.connection, select.POLLIN)

    def fileno(self) -> int:
        return self.connection.fileno()

    def send(self, frame: bytes) -> None:
        self.connection.send_bytes(frame)

    def poll(self, timeout_s: float) -> bool:
        return bool(self._poll.poll(timeout_s * 1e3))

    def receive(self) -> bytes:
        return self.connection.recv_bytes()

    def wait(self) -> str:
        return ending(self.zygote.wait(self.pid))

    def kill(self) -> None:
        self.zygote.kill(self.pid)

    def tail(self) -> str:
        return tail(self.output)

    def close(self) -> None:
        with self.connection, self.output:
            pass


class Zygote:
    """A running zygote. One per trainer process, ns-3 and own scenario; use `Zygote.shared`."""

    _shared: dict[tuple[str | None, Path | None, str], Zygote] = {}
    _shared_lock = threading.Lock()

    def __init__(self, ns3: Ns3, libraries: list[Path], own: Path | None, timeout_s: float) -> None:
        self._lock = threading.Lock()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process that writes it
        self._control, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        spec = {
            "libraries": [str(library) for library in libraries],
            "header": str(HEADER),
            "include": [str(folder) for folder in (*include_dirs(), ns3.include)],
            "ns3_libraries": [str(library) for library in ns3.libraries],
            "sources": [str(source) for source in (*sources(), *([own] if own else []))],
            "python": str(own) if is_python(own) else None,
        }
        with far:
            self._process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(far.fileno()), json.dumps(spec)],
                pass_fds=[far.fileno()],
                env=user_modules.child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
            )
        self._control.settimeout(timeout_s)
        try:
            ready = self._control.recv(4096)
        except TimeoutError:
            self.close()
            raise SimulatorTimeout(
                f"the simulator was not loaded within {timeout_s:g} s (simulator.start_timeout_s).{tail(self._output)}"
            ) from None
        if not ready:
            status = self._process.wait()
            raise SimulatorDied(f"the simulator could not be loaded ({ending(status)}).{tail(self._output)}")

    @classmethod
    def shared(cls, prefix: str | None, timeout_s: float, own: Path | None = None) -> Zygote:
        """The zygote of this process for the ns-3 under `prefix` and the user's scenario file `own`.

        It is started, and what it loads is built, when needed.
        """
        with cls._shared_lock:
            key = (prefix, own, version(own))
            zygote = cls._shared.get(key)
            if zygote is None or zygote._process.poll() is not None:
                zygote = cls._shared[key] = cls(*ready(prefix, own), own, timeout_s)
            return zygote

    @classmethod
    def close_all(cls) -> None:
        """Ends this process's zygotes, and with them any worker left."""
        while cls._shared:
            cls._shared.popitem()[1].close()

    @classmethod
    def forget_all(cls) -> None:
        """In a forked copy of the trainer: these zygotes are the original's."""
        for zygote in cls._shared.values():
            zygote._control.close()
        cls._shared = {}
        cls._shared_lock = threading.Lock()

    def fork(self) -> ZygoteWorker:
        """A new worker process."""
        output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        near, far = socket.socketpair()
        with far:
            reply = self._ask({"do": "fork"}, [far.fileno(), output.fileno()])
        return ZygoteWorker(self, reply["pid"], Connection(near.detach()), output)

    def wait(self, pid: int) -> int:
        """Exit status of a worker that is ending (-n: by signal n)."""
        return int(self._ask({"do": "wait", "pid": pid})["status"])

    def kill(self, pid: int) -> int:
        """Kills a worker and returns its exit status."""
        return int(self._ask({"do": "kill", "pid": pid})["status"])

    def close(self) -> None:
        """Ends the zygote; the kernel ends its workers."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def _ask(self, request: dict[str, Any], descriptors: list[int] | None = None) -> dict[str, Any]:
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], descriptors or [])
                reply = self._control.recv(4096)
            except OSError as error:
                raise SimulatorDied(f"the simulator's parent process is gone ({error}).{tail(self._output)}") from error
        if not reply:
            raise SimulatorDied(f"the simulator's parent process is gone.{tail(self._output)}")
        answer: dict[str, Any] = json.loads(reply)
        return answer


def ending(status: int) -> str:
    """How a process ended, in words."""
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return "ns-3 ended it" if status == protocol.FATAL_STATUS else f"exit status {status}"


def tail(output: IO[bytes]) -> str:
    """The last lines of an output file as an indented block, or nothing."""
    output.seek(0, os.SEEK_END)
    output.seek(max(0, output.tell() - 16384))
    lines = output.read().decode(errors="replace").splitlines()[-STDERR_TAIL_LINES:]
    return "".join(f"\n  {line}" for line in lines)


atexit.register(Zygote.close_all)
os.register_at_fork(after_in_child=Zygote.forget_all)
