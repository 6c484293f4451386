"""Frames between `near` and `relay`: their length as four bytes, then a byte of kind and the content.

A session's frames are those of `ns3/worker/protocol.py`, unchanged; an empty frame is a sign of life. The kinds here
come before a session, and after its end. What the far side writes begins with `MAGIC`, which no text contains.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from typing import Any

PROTOCOL = 1  # another number: other kinds, or others of their keys
MAGIC = b"\0netgym\1"
# Far to near: who is there; how far it is; the session can begin; it cannot; the worker has ended.
GREETING, PROGRESS, READY, REFUSED, END = b"G", b"P", b"R", b"N", b"X"
REQUEST = b"Q"  # near to far: what is wanted

LENGTH = struct.Struct("!I")
SIGN_OF_LIFE = LENGTH.pack(0)
EVERY_S = 5.0  # a sign of life
NEAR_PATIENCE_S = 15.0  # without any, before the near side gives up
FAR_PATIENCE_S = 20.0
MOST_FRAME_BYTES = 1 << 26
READ_BYTES = 1 << 16


class BrokenFrame(OSError):
    """What came is no frame of this protocol."""


def packed(frame: bytes) -> bytes:
    """A frame behind its length."""
    return LENGTH.pack(len(frame)) + frame


def packed_json(kind: bytes, content: dict[str, Any]) -> bytes:
    """The same of a kind and JSON."""
    return packed(kind + json_bytes(content))


def json_bytes(content: dict[str, Any]) -> bytes:
    """A JSON object as the content of a frame."""
    return json.dumps(content).encode()


def content_of(frame: bytes) -> dict[str, Any]:
    """The JSON object behind the kind. Raises `BrokenFrame`."""
    try:
        content = json.loads(frame[1:])
    except (ValueError, RecursionError) as error:
        raise BrokenFrame(f"a frame of kind {frame[:1]!r} holds no JSON") from error
    if not isinstance(content, dict):
        raise BrokenFrame(f"a frame of kind {frame[:1]!r} holds no JSON object")
    return content


class Incoming:
    """Frames from a descriptor that does not block; never reads beyond the end of a frame.

    So a poll of the descriptor tells whether there is another one.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._got = bytearray()
        self._missing = LENGTH.size
        self._in_body = False

    def read(self) -> bytes | None:
        """The next frame, empty for a sign of life; None as long as a part is missing.

        Raises:
            EOFError: the other side has closed it.
            BrokenFrame: a frame that is too long, or an end within one.
            OSError: it cannot be read.
        """
        while self._missing:
            try:
                data = os.read(self._descriptor, min(self._missing, READ_BYTES))
            except BlockingIOError:
                return None
            if not data:
                if self._got or self._in_body:
                    raise BrokenFrame("the connection ended within a frame")
                raise EOFError
            self._got += data
            self._missing -= len(data)
            if not self._missing and not self._in_body:
                (self._missing,) = LENGTH.unpack(self._got)
                self._got.clear()
                self._in_body = True
                if self._missing > MOST_FRAME_BYTES:
                    raise BrokenFrame(f"a frame of {self._missing} bytes; allowed: up to {MOST_FRAME_BYTES}")
        frame = bytes(self._got)
        self._got.clear()
        self._missing, self._in_body = LENGTH.size, False
        return frame


class Outgoing:
    """Bytes for a descriptor that does not block: what it does not take at once waits here."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()

    def __len__(self) -> int:
        """Number of bytes that wait."""
        return len(self._waiting)

    def write(self, data: bytes) -> None:
        """Writes `data` after what waits, as far as that goes. Raises `OSError` if the other side has closed it."""
        if not self._waiting:
            data = data[self._taken(data) :]
        self._waiting += data

    def flush(self) -> None:
        """Writes what waits, as far as that goes. Raises `OSError` if the other side has closed it."""
        while self._waiting and (taken := self._taken(bytes(self._waiting[:READ_BYTES]))):
            del self._waiting[:taken]

    def drain(self, timeout_s: float) -> None:
        """Writes what waits, for at most so long. Raises `OSError` if the other side has closed it."""
        until_s = time.monotonic() + timeout_s
        writable = select.poll()
        writable.register(self._descriptor, select.POLLOUT)
        while self._waiting and (left_s := until_s - time.monotonic()) > 0:
            if writable.poll(left_s * 1e3):
                self.flush()

    def _taken(self, data: bytes) -> int:
        try:
            return os.write(self._descriptor, data) if data else 0
        except BlockingIOError:
            return 0
