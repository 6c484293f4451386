"""`netgym relay`: stdin and stdout carry the frames of one session to a worker and back.

One process per session, so that what comes over its connection, however broken, ends that session and no other. It
ends with its stdin, or after `FAR_PATIENCE_S` without a sign of life; the worker ends with it.
"""

from __future__ import annotations

import json
import os
import select
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from netgym_cli.common.errors import NetgymError
from netgym_cli.simulators.remote import wire
from netgym_cli.simulators.remote.identity import identity
from netgym_cli.simulators.remote.received_source import kept_source

MESSAGE_BYTES = 1 << 16
MOST_WAITING_BYTES = 1 << 20  # for the near side, before the worker has to wait
LAST_WORDS_S = 5.0
START, STEPPING = b"s", (b"a", b"r")  # of the worker's protocol
NOTE_EVERY_S = 1.0


class Relay:
    """One session's way through this process.

    Args:
        source: descriptor that the near side's frames come from.
        sink: descriptor that the frames for it go to.
        alone: whether this process makes the worker itself, and not the daemon.
    """

    def __init__(self, source: int, sink: int, alone: bool) -> None:
        for descriptor in (source, sink):
            os.set_blocking(descriptor, False)
        self._source, self._sink, self._alone = source, sink, alone
        self._incoming, self._outgoing = wire.Incoming(source), wire.Outgoing(sink)
        self._service: socket.socket | None = None
        self._worker: socket.socket | None = None
        self._from_worker: wire.Incoming | None = None
        self._to_worker: wire.Outgoing | None = None
        self._heard_s = self._spoke_s = self._noted_s = time.monotonic()
        self._note: dict[str, Any] = {"steps": 0}
        self._over = False

    def run(self) -> None:
        """Until the session is over or one of its ends is gone."""
        try:
            self._outgoing.write(wire.MAGIC + wire.packed_json(wire.GREETING, identity()))
            while not self._over:
                self._wait()
            self._outgoing.drain(LAST_WORDS_S)
        except OSError:  # the near side is gone, or speaks another language: the session ends with this process
            return

    def _wait(self) -> None:
        """One round: whatever can be read or written now."""
        wanted = select.poll()
        wanted.register(self._source, select.POLLIN)
        if self._outgoing:
            wanted.register(self._sink, select.POLLOUT)
        if self._service is not None:
            wanted.register(self._service, select.POLLIN)
        if self._worker is not None:
            reading = select.POLLIN if len(self._outgoing) < MOST_WAITING_BYTES else 0
            if either := reading | (select.POLLOUT if self._to_worker else 0):
                wanted.register(self._worker, either)
        events = dict(wanted.poll(NOTE_EVERY_S * 1e3))
        if self._worker is not None and self._worker.fileno() in events:
            self._hear_worker()
        if self._source in events:
            self._hear_near()
        if self._service is not None and self._service.fileno() in events:
            self._hear_service(self._service)
        self._outgoing.flush()
        self._look_at_the_clock()

    def _look_at_the_clock(self) -> None:
        now_s = time.monotonic()
        if now_s - self._heard_s > wire.FAR_PATIENCE_S:
            raise wire.BrokenFrame("no sign of life")
        if now_s - self._spoke_s >= wire.EVERY_S:
            self._spoke_s = now_s
            self._outgoing.write(wire.SIGN_OF_LIFE)
        if self._worker is not None and self._service is not None and now_s - self._noted_s >= NOTE_EVERY_S:
            self._noted_s = now_s
            with suppress(OSError):  # a daemon that is gone is noticed by its end of the socket
                self._service.send(json.dumps(self._note).encode())

    def _hear_near(self) -> None:
        try:
            while not self._over and (frame := self._incoming.read()) is not None:
                self._heard_s = time.monotonic()
                if not frame:
                    continue
                if self._to_worker is not None:
                    self._pass_on(frame)
                elif self._service is None and frame[:1] == wire.REQUEST:
                    self._ask_service(wire.content_of(frame))
                else:
                    raise wire.BrokenFrame(f"a frame of kind {frame[:1]!r} before the session")
        except EOFError:
            raise BrokenPipeError from None

    def _pass_on(self, frame: bytes) -> None:
        assert self._to_worker is not None
        if len(self._to_worker) > wire.MOST_FRAME_BYTES:
            raise wire.BrokenFrame("more frames than a worker is ever asked for")
        kind = frame[:1]
        if kind in STEPPING:
            self._note["steps"] += 1
        elif kind == START:
            started = wire.content_of(frame)
            self._note = {"scenario": str(started.get("scenario"))[:80], "seed": started.get("seed"), "steps": 0}
        with suppress(OSError):  # it has ended, and how is about to be asked
            self._to_worker.write(wire.packed(frame))

    def _ask_service(self, request: dict[str, Any]) -> None:
        try:
            own = kept_source(request.get("source"))
            asked = {key: request[key] for key in ("do", "ns3_prefix", "malloc", "timeout_s", "places", "client")}
            self._service = _alone() if self._alone else _daemon()
            self._service.send(json.dumps(asked | {"own": str(own) if own else None}).encode())
        except (NetgymError, KeyError, TypeError, ValueError, OSError) as error:
            self._refuse(str(error) or repr(error), type(error).__name__)

    def _hear_service(self, service: socket.socket) -> None:
        message, descriptors, _, _ = socket.recv_fds(service, MESSAGE_BYTES, 1)
        if not message:
            service.close()
            self._service = None
            self._end("the process that makes its simulators (netgym serve) is gone", "")
            return
        told = json.loads(message)
        if "progress" in told:
            self._outgoing.write(wire.packed_json(wire.PROGRESS, told))
        elif "refused" in told:
            self._refuse(told["refused"], told["kind"])
        elif "ended" in told:
            self._end(told["ended"], told["tail"])
        else:
            self._outgoing.write(wire.packed_json(wire.READY, told["ready"]))
            if not descriptors:  # of one that was only to be prepared
                self._over = True
                return
            self._worker = socket.socket(fileno=descriptors[0])
            self._worker.setblocking(False)
            self._from_worker = wire.Incoming(self._worker.fileno())
            self._to_worker = wire.Outgoing(self._worker.fileno())

    def _hear_worker(self) -> None:
        assert self._from_worker is not None and self._to_worker is not None
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                self._to_worker.flush()
            while len(self._outgoing) < MOST_WAITING_BYTES and (frame := self._from_worker.read()) is not None:
                self._spoke_s = time.monotonic()
                self._outgoing.write(wire.packed(frame))
        except (EOFError, ConnectionResetError, wire.BrokenFrame):  # killed between two bytes, perhaps
            assert self._worker is not None
            self._worker.close()
            self._worker = None
            if self._service is None:
                self._end("the process that makes its simulators (netgym serve) is gone", "")
            else:
                with suppress(OSError):
                    self._service.send(json.dumps({"end": True}).encode())

    def _end(self, how: str, tail: str) -> None:
        if not self._over:
            self._over = True
            self._outgoing.write(wire.packed_json(wire.END, {"how": how, "tail": tail}))

    def _refuse(self, why: str, kind: str) -> None:
        self._over = True
        self._outgoing.write(wire.packed_json(wire.REFUSED, {"why": why, "kind": kind}))


def run(alone: bool) -> None:
    """Serves the near side on stdin and stdout; whatever else this process writes goes to stderr."""
    sink = os.dup(1)
    os.dup2(2, 1)
    Relay(0, sink, alone).run()


def _daemon() -> socket.socket:
    from netgym_cli.simulators.remote.daemon import started

    return started()


def _alone() -> socket.socket:
    """A service of this process's own, behind a socket like the daemon's."""
    from netgym_cli.simulators.remote.session_service import SessionService

    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    threading.Thread(target=SessionService().attend, args=(far,), daemon=True).start()
    return near
