"""`netgym serve`: one process per user and installation that keeps ns-3 loaded for the sessions of all relays.

It listens on a socket of mode 600 in a folder of mode 700 (`own_folder`), on nothing else, and ends when nobody has
wanted anything of it for a while. The first relay starts it.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netgym_cli.common import user_modules
from netgym_cli.common.errors import ConfigError, SimulatorDied
from netgym_cli.common.locks import take
from netgym_cli.simulators.ns3.cache import cache_dir, short_hash
from netgym_cli.simulators.remote.identity import identity
from netgym_cli.simulators.remote.own_folder import own_folder

if TYPE_CHECKING:
    # It imports NumPy, and a relay starts without.
    from netgym_cli.simulators.remote.session_service import SessionService

SOCKET_MODE = 0o600
IDLE_S = 600.0
START_PATIENCE_S = 12.0  # the relay gives no sign of life meanwhile
LOOK_S = 1.0
MESSAGE_BYTES = 1 << 18
CREDENTIALS = struct.Struct("3i")  # process, user and group of a peer, as Linux tells them


def socket_path() -> Path:
    """Where the daemon of this installation, with its sources and its cache, listens. Raises `ConfigError`."""
    told = identity()
    whose = [told["interpreter"], told["installed"], told["sources"], str(cache_dir())]
    return own_folder() / f"serve-{short_hash(repr(whose).encode())[:12]}"


def reached() -> socket.socket | None:
    """A connection to the daemon; None if there is none. Raises `ConfigError`."""
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        peer.connect(str(socket_path()))
    except (FileNotFoundError, ConnectionRefusedError):
        peer.close()
        return None
    if not _mine(peer):
        peer.close()
        raise ConfigError(f"{socket_path()} is served by another user; remove it.")
    return peer


def started() -> socket.socket:
    """A connection to the daemon, which is started if there is none.

    Raises:
        ConfigError: its folder is not this user's alone.
        SimulatorDied: it does not come up; with its last words.
    """
    if peer := reached():
        return peer
    path = socket_path()
    log = path.with_suffix(".log")
    with open(os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, SOCKET_MODE), "wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "netgym_cli", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env=user_modules.child_environment(),
            cwd=os.sep,
            start_new_session=True,  # it outlives the connection that it was started by
        )
    until_s = time.monotonic() + START_PATIENCE_S
    while time.monotonic() < until_s:
        if peer := reached():
            return peer
        if process.poll() not in (None, 0):  # 0: another relay's was faster
            break
        time.sleep(0.02)
    last = "".join(f"\n  {line}" for line in log.read_text(errors="replace").splitlines()[-12:])
    raise SimulatorDied(f"netgym serve did not come up within {START_PATIENCE_S:g} s.{last}")


def status() -> dict[str, Any] | None:
    """What the daemon says of its sessions; None if there is none. Raises `ConfigError` or `OSError`."""
    if (peer := reached()) is None:
        return None
    with peer:
        peer.settimeout(START_PATIENCE_S)
        peer.send(json.dumps({"do": "status"}).encode())
        told: dict[str, Any] = json.loads(peer.recv(MESSAGE_BYTES))
        return told


def serve(service: SessionService, idle_s: float | None, ready: threading.Event | None = None) -> bool:
    """Attends to all relays, until idle for `idle_s` (None: for ever); False if another process serves already.

    Raises `ConfigError` or `OSError`.
    """
    path = socket_path()
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, SOCKET_MODE)
    try:
        try:
            take(lock, path)
        except BlockingIOError:
            return False
        with suppress(FileNotFoundError):
            path.unlink()  # of one that was killed
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            before = os.umask(0o777 - SOCKET_MODE)
            try:
                listener.bind(str(path))
            finally:
                os.umask(before)
            listener.listen(128)
            if ready:
                ready.set()
            try:
                _accept(listener, service, idle_s)
            finally:
                path.unlink(missing_ok=True)
    finally:
        os.close(lock)
    return True


def _accept(listener: socket.socket, service: SessionService, idle_s: float | None) -> None:
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while service.clients or idle_s is None or time.monotonic() - service.left_s < idle_s:
        if waiting.poll(LOOK_S * 1e3):
            client, _ = listener.accept()
            if _mine(client):
                threading.Thread(target=service.attend, args=(client,), daemon=True).start()
            else:
                client.close()


def _mine(peer: socket.socket) -> bool:
    """Whether the process at the other end is this user's."""
    told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    _, user, _ = CREDENTIALS.unpack(told)
    return bool(user == os.geteuid())
