"""The far side's workers: who has which, how many there may be, and what becomes of a worker whose relay is gone.

A relay and the service speak over a socket of messages (`SOCK_SEQPACKET`), JSON each. The relay asks once, for a
`session`, for what `prepare`s one, or for the `status`; a granted session comes with the worker's connection.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import NetgymError
from netgym_cli.simulators.ns3.build import replaced
from netgym_cli.simulators.ns3.installed import locate
from netgym_cli.simulators.ns3.user_scenario import ready
from netgym_cli.simulators.ns3.zygote_client import Zygote, ZygoteWorker, ending, tail

MESSAGE_BYTES = 1 << 16
PLACE_PATIENCE_S = 5.0  # a session that has just ended may not have been noticed yet
TEXT_CHARS = 20_000  # of a message to a relay


@dataclass(eq=False)
class ServedSession:
    """One session: whose it is, and how far."""

    client: str
    pid: int = 0
    scenario: str = ""
    seed: int = 0
    steps: int = 0
    began_s: float = field(default_factory=time.monotonic)
    heard_s: float = field(default_factory=time.monotonic)

    def told(self) -> dict[str, Any]:
        """As plain values; times as seconds that have passed."""
        now_s = time.monotonic()
        return {
            "client": self.client, "pid": self.pid, "scenario": self.scenario, "seed": self.seed, "steps": self.steps,
            "for_s": round(now_s - self.began_s, 1), "silent_s": round(now_s - self.heard_s, 1),
        }  # fmt: skip


class NoPlace(NetgymError):
    """As many sessions run as may run."""


class SessionService:
    """The sessions of one process that makes workers.

    Args:
        places: most sessions at once; None: as many as each asker says that there are.
    """

    def __init__(self, places: int | None = None) -> None:
        self._places = places
        self._sessions: list[ServedSession] = []
        self._change = threading.Condition()
        self.clients = 0  # relays that are connected
        self.left_s = time.monotonic()  # when the last of them left

    def told(self) -> dict[str, Any]:
        """The sessions and places, for `netgym serve --status`."""
        with self._change:
            sessions = [session.told() for session in self._sessions]
        return {"pid": os.getpid(), "places": self._places, "sessions": sessions}

    def attend(self, client: socket.socket) -> None:
        """Serves one relay until it is gone; what it had goes with it."""
        with self._change:
            self.clients += 1
        try:
            with client, suppress(OSError):
                self._serve(client)
        finally:
            with self._change:
                self.clients -= 1
                self.left_s = time.monotonic()

    def _serve(self, client: socket.socket) -> None:
        if (asked := received(client)) is None:
            return
        try:
            match asked.get("do"):
                case "status":
                    send(client, self.told())
                case "prepare":
                    send(client, {"ready": self._prepared(client, asked)})
                case "session":
                    self._session(client, asked)
        except (NetgymError, KeyError, TypeError, ValueError) as error:
            send(client, {"refused": str(error) or repr(error), "kind": type(error).__name__})

    def _prepared(self, client: socket.socket, asked: dict[str, Any]) -> dict[str, Any]:
        own = Path(asked["own"]) if asked["own"] else None
        ready(asked["ns3_prefix"], own, lambda line: send(client, {"progress": line}))
        Zygote.shared(asked["ns3_prefix"], asked["timeout_s"], own, asked["malloc"])
        ns3 = locate(asked["ns3_prefix"])
        return {"ns3": ns3.version, "ns3_optimized": ns3.optimized, "ns3_replaced": replaced(ns3)}

    def _session(self, client: socket.socket, asked: dict[str, Any]) -> None:
        session = self._take_place(asked)
        try:
            own = Path(asked["own"]) if asked["own"] else None
            zygote = Zygote.shared(asked["ns3_prefix"], asked["timeout_s"], own, asked["malloc"])
            worker = zygote.fork(asked["timeout_s"])
            session.pid = worker.pid
            with closing(worker):
                self._follow(client, session, worker)
        finally:
            self._free_place(session)

    def _follow(self, client: socket.socket, session: ServedSession, worker: ZygoteWorker) -> None:
        told = False
        try:
            message = json.dumps({"ready": {"pid": worker.pid}}).encode()
            socket.send_fds(client, [message], [worker.connection.fileno()])
            worker.connection.close()
            while (note := received(client)) is not None:
                if "end" in note:
                    status = worker.zygote.wait(worker.number, worker.timeout_s)
                    told = True
                    how = "how is not known" if status is None else ending(status)
                    self._free_place(session)  # the relay may tell of it, and then the place is free
                    send(client, {"ended": how, "status": status, "tail": tail(worker.output)})
                else:
                    session.heard_s = time.monotonic()
                    for key in ("scenario", "seed", "steps"):
                        setattr(session, key, note.get(key, getattr(session, key)))
        finally:
            if not told:
                with suppress(NetgymError):  # then the zygote is gone, and the kernel has ended its workers
                    worker.kill()

    def _take_place(self, asked: dict[str, Any]) -> ServedSession:
        limits = [limit for limit in (self._places, asked["places"]) if limit is not None]
        session = ServedSession(str(asked["client"])[:200])
        with self._change:
            if limits and not self._change.wait_for(lambda: len(self._sessions) < min(limits), PLACE_PATIENCE_S):
                raise NoPlace(f"no place is free: {len(self._sessions)} of {min(limits)} are taken")
            self._sessions.append(session)
        return session

    def _free_place(self, session: ServedSession) -> None:
        with self._change:
            if session in self._sessions:
                self._sessions.remove(session)
                self._change.notify_all()


def send(peer: socket.socket, message: dict[str, Any]) -> None:
    """Sends one message; long texts in it are cut. Raises `OSError`."""
    cut = {key: value[-TEXT_CHARS:] if isinstance(value, str) else value for key, value in message.items()}
    peer.send(json.dumps(cut).encode())


def received(peer: socket.socket) -> dict[str, Any] | None:
    """The next message; None if the other side is gone, or sends what is none. Raises `OSError`."""
    try:
        message = json.loads(peer.recv(MESSAGE_BYTES))
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
