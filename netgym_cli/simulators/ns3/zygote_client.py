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
import weakref
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, ClassVar

from netgym_cli.common import user_modules
from netgym_cli.common.errors import SimulatorDied, SimulatorTimeout
from netgym_cli.common.home import home
from netgym_cli.common.standard_streams import open_standard_streams
from netgym_cli.simulators.ns3.allocator import AUTO, allocator
from netgym_cli.simulators.ns3.build import HEADERS, include_dirs, sources
from netgym_cli.simulators.ns3.installed import Ns3
from netgym_cli.simulators.ns3.lasting_thread import popen
from netgym_cli.simulators.ns3.user_scenario import is_python, ready, version
from netgym_cli.simulators.ns3.worker import protocol

STDERR_TAIL_LINES = 12
PROGRAM = Path(protocol.__file__).with_name("zygote.py")
NO_HOME = "/nonexistent"  # where cling looks for settings, and finds none


@dataclass(eq=False)
class ZygoteWorker:
    """A worker that a zygote forked, as a `WorkerConnection`."""

    zygote: Zygote
    number: int
    pid: int
    connection: Connection
    output: IO[bytes]
    timeout_s: float
    owner_pid: int = field(default_factory=os.getpid)
    living: ClassVar[weakref.WeakSet[ZygoteWorker]] = weakref.WeakSet()  # of all zygotes of this process
    where: ClassVar[str] = ""

    def __post_init__(self) -> None:
        self.living.add(self)
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
        status = self.zygote.wait(self.number, self.timeout_s)
        return "how is not known" if status is None else ending(status)

    def kill(self) -> None:
        self.zygote.kill(self.number, self.timeout_s)

    def tail(self) -> str:
        return tail(self.output)

    def close(self) -> None:
        self.living.discard(self)
        with closing(self.output):
            self.connection.close()


class Zygote:
    """A running zygote. One per trainer process, ns-3 and own scenario; use `Zygote.shared`."""

    _shared: dict[tuple[str | None, Path | None, str, str], Zygote] = {}
    _unanswering: list[Zygote] = []  # their sessions go on
    _shared_lock = threading.Lock()

    def __init__(self, ns3: Ns3, libraries: list[Path], own: Path | None, timeout_s: float, malloc: str) -> None:
        open_standard_streams()
        self._lock = threading.Lock()
        self._number = 0
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process that writes it
        self._control, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        spec = {
            "trainer": os.getpid(),
            "libraries": [str(library) for library in libraries],
            "headers": [str(header) for header in HEADERS],
            "include": [str(folder) for folder in (*include_dirs(), ns3.include)],
            "ns3_libraries": [str(library) for library in ns3.libraries],
            "sources": [str(source) for source in (*sources(), *([own] if own else []))],
            "python": str(own) if is_python(own) else None,
        }
        with far:
            self._process = popen(
                [sys.executable, str(PROGRAM), str(far.fileno()), json.dumps(spec)],
                pass_fds=[far.fileno()],
                env=({"HOME": NO_HOME} if homeless() else {})
                | user_modules.child_environment()
                | allocator(malloc).variables,
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
            raise SimulatorDied(
                f"the simulator could not be loaded ({ending(status)}); `netgym doctor` tells whether a file of it is "
                f"damaged.{tail(self._output)}"
            )

    @classmethod
    def shared(cls, prefix: str | None, timeout_s: float, own: Path | None = None, malloc: str = AUTO) -> Zygote:
        """The zygote of this process for the ns-3 under `prefix`, the user's scenario file `own` and an allocator.

        It is started, and what it loads is built, when needed.
        """
        with cls._shared_lock:
            key = (prefix, own, version(own), malloc)
            zygote = cls._shared.get(key)
            if zygote is None or zygote._process.poll() is not None:
                zygote = cls._shared[key] = cls(*ready(prefix, own), own, timeout_s, malloc)
            return zygote

    @classmethod
    def close_all(cls) -> None:
        """Ends this process's zygotes, and with them any worker left."""
        while cls._shared:
            cls._shared.popitem()[1].close()
        while cls._unanswering:
            cls._unanswering.pop().close()

    @classmethod
    def forget_all(cls) -> None:
        """In a forked copy of the trainer: these zygotes and their workers are the original's.

        Their connections are closed here, so that a worker ends with the original's end of its connection.
        """
        for worker in list(ZygoteWorker.living):
            worker.close()
        for zygote in (*cls._shared.values(), *cls._unanswering):
            zygote._control.close()
            zygote._lock = threading.Lock()  # another thread of the original may have held it
        cls._shared, cls._unanswering = {}, []
        cls._shared_lock = threading.Lock()

    def fork(self, timeout_s: float) -> ZygoteWorker:
        """A new worker process. Raises `SimulatorDied` or `SimulatorTimeout` if there is none."""
        output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        near, far = socket.socketpair()
        try:
            with far:
                reply = self._ask({"do": "fork"}, timeout_s, [far.fileno(), output.fileno()])
            if "error" in reply:
                raise SimulatorDied(f"no process could be started for the session: {reply['error']}.")
        except BaseException as error:
            near.close()  # one that is forked after all ends when it finds nobody there
            output.close()
            if isinstance(error, SimulatorTimeout):
                self._replace()
            raise
        return ZygoteWorker(self, reply["number"], reply["pid"], Connection(near.detach()), output, timeout_s)

    def wait(self, worker: int, timeout_s: float) -> int | None:
        """Exit status of a worker that is ending (-n: by signal n); None if it was told before. `worker`: its number.

        Raises `SimulatorDied` or `SimulatorTimeout` if the zygote cannot tell.
        """
        return self._status({"do": "wait", "worker": worker}, timeout_s)

    def kill(self, worker: int, timeout_s: float) -> int | None:
        """Kills a worker and returns its exit status, as `wait` does."""
        return self._status({"do": "kill", "worker": worker}, timeout_s)

    def _status(self, request: dict[str, Any], timeout_s: float) -> int | None:
        status: int | None = self._ask(request, timeout_s)["status"]
        return status

    def _replace(self) -> None:
        """Lets the next session have another zygote."""
        with self._shared_lock:
            for key in [key for key, zygote in self._shared.items() if zygote is self]:
                self._unanswering.append(self._shared.pop(key))

    def close(self) -> None:
        """Ends the zygote; the kernel ends its workers."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def _ask(self, request: dict[str, Any], timeout_s: float, descriptors: Sequence[int] = ()) -> dict[str, Any]:
        with self._lock:
            self._number += 1
            self._control.settimeout(timeout_s)
            message = json.dumps(request | {"number": self._number}).encode()
            answer: dict[str, Any] = {}
            try:
                socket.send_fds(self._control, [message], descriptors)
                while answer.get("number") != self._number:  # answers to what was given up are dropped
                    if not (reply := self._control.recv(4096)):
                        raise SimulatorDied(f"the simulator's parent process is gone.{tail(self._output)}")
                    answer = json.loads(reply)
            except TimeoutError:
                raise SimulatorTimeout(
                    f"the simulator's parent process did not answer within {timeout_s:g} s "
                    f"(simulator.start_timeout_s); is it stopped?{tail(self._output)}"
                ) from None
            except OSError as error:
                raise SimulatorDied(f"the simulator's parent process is gone ({error}).{tail(self._output)}") from error
        return answer


def homeless() -> bool:
    """Whether cling would end for want of a home directory: HOME is not set, and passwd does not know the user."""
    if os.environ.get("HOME"):
        return False
    try:
        home()
    except FileNotFoundError:
        return True
    return False


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
