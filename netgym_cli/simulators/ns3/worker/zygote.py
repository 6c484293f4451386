# SPDX-License-Identifier: GPL-2.0-only
"""The process that every session's worker is forked from: it loads cppyy and the native part once, then only waits.

Run as a program of its own: `python zygote.py CONTROL_FD SPEC_JSON`. It speaks JSON over the control socket: `fork`
(with the worker's connection and stderr as passed descriptors), `wait` and `kill`. It ends when the trainer does, and
the kernel then ends its workers.
"""

import ctypes
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
    cppyy.include(spec["header"])
    if not spec["libraries"]:
        # All at once: cling runs static initialisers after each piece, and sources refer to each other.
        # Without fused multiply-add, as g++ compiles for x86-64: a session's numbers do not depend on the compiler.
        sources = "".join(f'#include "{source}"\n' for source in spec["sources"])
        cppyy.cppdef(f"#pragma STDC FP_CONTRACT OFF\n{sources}")
    native = cppyy.gbl.netgym
    native.ExitOnFatal(protocol.FATAL_STATUS)
    native.NowMs()  # compiles the call wrappers' common part before the first fork
    faulthandler.enable()  # after cling, whose own handlers start a debugger
    return native


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


def fork_worker(control: socket.socket, descriptors: list[int], native: Any) -> int:
    """Starts a worker on the passed connection and stderr; returns its process id."""
    connection_fd, stderr_fd = descriptors
    zygote = os.getpid()
    pid = os.fork()
    if pid:
        os.close(connection_fd)
        os.close(stderr_fd)
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


def reap(pid: int) -> int:
    """Waits for a worker that is about to end, kills it when it does not, and returns its status (-n: signal n)."""
    deadline = time.monotonic() + REAP_TIMEOUT_S
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def answer(control: socket.socket, native: Any) -> bool:
    """Carries out one request of the trainer; False when the trainer is gone."""
    message, descriptors, _, _ = socket.recv_fds(control, 4096, 2)
    if not message:
        return False
    request = json.loads(message)
    if request["do"] == "fork":
        reply = {"pid": fork_worker(control, descriptors, native)}
    elif request["do"] == "kill":
        os.kill(request["pid"], signal.SIGKILL)
        reply = {"status": reap(request["pid"])}
    else:
        reply = {"status": reap(request["pid"])}
    control.send(json.dumps(reply).encode())
    return True


def main() -> None:
    """Loads, reports readiness, serves requests until the trainer ends."""
    # Ctrl-C reaches the whole terminal group; the trainer decides what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    trainer = os.getppid()
    control = socket.socket(fileno=int(sys.argv[1]))
    started = time.perf_counter()
    with elsewhere():
        native = load(json.loads(sys.argv[2]))
    control.send(json.dumps({"ready_s": time.perf_counter() - started}).encode())
    # A fork of the trainer may still hold the other end of the socket, so the parent's id is watched as well.
    while os.getppid() == trainer:
        readable, _, _ = select.select([control], [], [], 1.0)
        if readable and not answer(control, native):
            break


if __name__ == "__main__":
    main()
