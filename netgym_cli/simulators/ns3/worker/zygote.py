# SPDX-License-Identifier: GPL-2.0-only
"""The process that every session's worker is forked from: it loads cppyy and the native part once, then only waits.

Run as a program of its own: `python zygote.py CONTROL_FD SPEC_JSON`. It speaks JSON over the control socket: `fork`
(with the worker's connection and stderr as passed descriptors), `wait` and `kill`. Every request has a number, which
its answer repeats; a worker goes by the number of the request that it was forked for, because process ids are used
again. The kernel ends the zygote when the trainer ends, and with it the workers.
"""

import ctypes
import errno
import faulthandler
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import protocol
import python_scenario
import serve

PR_SET_PDEATHSIG = 1
REAP_TIMEOUT_S = 5.0
LOOK_MS = 1000
REMEMBERED = 10_000  # ends of workers that nobody has asked for


def load(spec: dict[str, Any]) -> Any:
    """The `netgym` C++ namespace: from the compiled libraries, or from the sources through cling without a compiler.

    For a scenario in Python, what takes its place.
    """
    if spec["python"]:
        return python_scenario.load(spec["python"])
    import cppyy

    for library in spec["libraries"]:
        cppyy.load_library(library)
    if not spec["libraries"]:
        for folder in spec["include"]:
            cppyy.add_include_path(folder)
        for library in spec["ns3_libraries"]:
            cppyy.load_library(library)
    for header in spec["headers"]:
        cppyy.include(header)
    if not spec["libraries"]:
        # All at once: cling runs static initialisers after each piece, and sources refer to each other.
        # Without fused multiply-add, as g++ compiles for x86-64: a session's numbers do not depend on the compiler.
        sources = "".join(f'#include "{source}"\n' for source in spec["sources"])
        cppyy.cppdef(f"#pragma STDC FP_CONTRACT OFF\n{sources}")
    native = cppyy.gbl.netgym
    native.ExitOnFatal(protocol.FATAL_STATUS)
    native.NowMs()  # compiles the call wrappers' common part before the first fork
    return native


def crash_at_once() -> None:
    """Has a crash print where Python was and end the process: cling's handlers, if left, start a debugger first."""
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT):
        signal.signal(number, signal.SIG_DFL)
    faulthandler.enable()  # which hands on to the handlers it has found


@contextmanager
def elsewhere() -> Iterator[None]:
    """Leaves the working directory for a while: cling takes headers, and settings, from there before its own."""
    here = os.open(os.curdir, os.O_RDONLY)
    os.chdir(os.sep)
    try:
        yield
    finally:
        os.fchdir(here)
        os.close(here)


def end_with_parent(parent: int) -> None:
    """Has the kernel kill this process when its parent ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class Workers:
    """The workers that were forked here, by their numbers."""

    def __init__(self) -> None:
        self._running: dict[int, int] = {}  # process ids
        self._ended: dict[int, int] = {}  # statuses

    def fork(self, number: int, control: socket.socket, descriptors: list[int], native: Any) -> int:
        """Starts a worker on the passed connection and stderr; returns its process id. Raises `OSError`."""
        connection_fd, stderr_fd = descriptors
        zygote = os.getpid()
        pid = os.fork()
        if pid:
            self._running[number] = pid
            return pid
        status = 1
        try:
            end_with_parent(zygote)
            control.close()
            os.dup2(stderr_fd, 1)
            os.dup2(stderr_fd, 2)
            with Connection(connection_fd) as connection:
                serve.serve(connection, native)
            status = 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def collect(self) -> None:
        """Notes the status of those that have ended, so that none stays a zombie."""
        for number, pid in list(self._running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self._running[number]
                self._ended[number] = os.waitstatus_to_exitcode(status)
        while len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def kill(self, number: int) -> None:
        """Kills a worker, unless it has ended."""
        self.collect()
        if number in self._running:
            os.kill(self._running[number], signal.SIGKILL)

    def reap(self, number: int) -> int | None:
        """Waits for a worker that is about to end, kills it when it does not, and returns its status (-n: signal n).

        None for one that is not known.
        """
        deadline = time.monotonic() + REAP_TIMEOUT_S
        while True:
            self.collect()
            if number not in self._running:
                return self._ended.pop(number, None)
            if time.monotonic() > deadline:
                os.kill(self._running[number], signal.SIGKILL)
            time.sleep(0.001)


def answer(control: socket.socket, workers: Workers, native: Any) -> bool:
    """Carries out one request of the trainer; False when the trainer is gone."""
    message, descriptors, _, _ = socket.recv_fds(control, 4096, 2)
    if not message:
        return False
    request = json.loads(message)
    reply: dict[str, Any] = {"number": request["number"]}
    if request["do"] == "fork":
        try:
            if len(descriptors) < 2:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            reply["pid"] = workers.fork(request["number"], control, descriptors, native)
        except OSError as error:
            reply["error"] = error.strerror
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
    else:
        if request["do"] == "kill":
            workers.kill(request["worker"])
        reply["status"] = workers.reap(request["worker"])
    control.send(json.dumps(reply).encode())
    return True


def main() -> None:
    """Loads, reports readiness, serves requests until the trainer ends."""
    # Ctrl-C reaches the whole terminal group; the trainer decides what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spec = json.loads(sys.argv[2])
    end_with_parent(spec["trainer"])
    control = socket.socket(fileno=int(sys.argv[1]))
    started = time.perf_counter()
    with elsewhere():
        native = load(spec)
    crash_at_once()
    control.send(json.dumps({"ready_s": time.perf_counter() - started}).encode())
    workers = Workers()
    requests = select.poll()
    requests.register(control, select.POLLIN)
    while True:
        if requests.poll(LOOK_MS) and not answer(control, workers, native):
            break
        workers.collect()


if __name__ == "__main__":
    main()
