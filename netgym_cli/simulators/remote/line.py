"""The command that carries frames to a relay: its process, its two ends, and what it says when it ends."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress

from netgym_cli.simulators.remote import wire
from netgym_cli.simulators.remote.destinations import Destination
from netgym_cli.simulators.remote.troubles import HostError, no_relay, text_before_frames

LAST_BYTES = 4096
END_PATIENCE_S = 5.0


class Line:
    """A started command and the frames over it. Used by one thread, but for what `signs` calls.

    Args:
        destination: where it leads.
        number: of the session among those that run there for this process.

    Attributes:
        heard_s: when something came last, by the monotonic clock.
        lost: why this side has given up; empty as long as it has not.

    Raises `HostError` if there is no such command, `ConfigError` if there is no folder for ssh's sockets.
    """

    def __init__(self, destination: Destination, number: int) -> None:
        self.destination = destination
        self.lost = ""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the command
        self._socket, far = socket.socketpair()
        words = destination.words(number)
        try:
            with far:
                self._process = subprocess.Popen(
                    words,
                    stdin=far.fileno(),
                    stdout=far.fileno(),
                    stderr=self._errors,
                    start_new_session=True,  # Ctrl-C is for the trainer, which decides what becomes of its sessions
                )
        except OSError as error:
            self._socket.close()
            self._errors.close()
            raise no_relay(destination, f"{words[0]}: {error.strerror}", "the command cannot be started") from error
        self._socket.setblocking(False)
        self._incoming = wire.Incoming(self._socket.fileno())
        self._sending = threading.Lock()
        self._arrived = select.poll()
        self._arrived.register(self._socket, select.POLLIN)
        self.heard_s = time.monotonic()

    def fileno(self) -> int:
        """Readable when something has come, or the other side is gone."""
        return self._socket.fileno()

    def send(self, frame: bytes) -> None:
        """Sends a frame. Raises `OSError` if the other side is gone."""
        with self._sending:
            self._socket.setblocking(True)
            try:
                self._socket.sendall(wire.packed(frame))
            finally:
                self._socket.setblocking(False)

    def next(self, timeout_s: float) -> bytes | None:
        """The next frame that is no sign of life; None after `timeout_s`.

        Raises `EOFError` or `OSError` if the other side is gone, or sends what is no frame.
        """
        until_s = time.monotonic() + timeout_s
        while True:
            if not self._arrived.poll(max(0.0, until_s - time.monotonic()) * 1e3):
                return None
            frame = self._incoming.read()
            self.heard_s = time.monotonic()
            if frame:
                return frame

    def expect_relay(self, timeout_s: float) -> None:
        """Waits for the bytes that a relay begins with. Raises `HostError`."""
        got = b""
        until_s = time.monotonic() + timeout_s
        while got != wire.MAGIC:
            if not self._arrived.poll(max(0.0, until_s - time.monotonic()) * 1e3):
                self.give_up(f"no answer within {timeout_s:g} s")
            try:
                data = self._socket.recv(len(wire.MAGIC) - len(got)) if not self.lost else b""
            except OSError:
                data = b""
            got += data
            if not data or not wire.MAGIC.startswith(got):
                raise self.trouble(got)

    def trouble(self, text: bytes = b"") -> HostError:
        """Why no relay answers, once the command has ended or nothing more is expected of it; ends it."""
        if text and not wire.MAGIC.startswith(text):
            more = b""
            while len(more) < LAST_BYTES and self._arrived.poll(200):
                with suppress(OSError):
                    if not (data := self._socket.recv(LAST_BYTES)):
                        break
                    more += data
            self.end(0.0)
            return text_before_frames(self.destination, text + more)
        how = self.end(END_PATIENCE_S)
        return no_relay(self.destination, self.said(), self.lost or how)

    def said(self) -> str:
        """The end of what the command wrote on stderr."""
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - LAST_BYTES))
        return self._errors.read().decode(errors="replace").strip()

    def end(self, patience_s: float) -> str:
        """Waits for the command's end, but not for longer, and says how it ended."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            status = self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
            return "it was ended"
        program = os.path.basename(self.destination.words(0)[0])
        if status < 0:
            return f"{program} was killed by {signal.Signals(-status).name}"
        return f"{program} ended with exit status {status}"

    def close(self) -> None:
        """Releases both ends and ends the command, if it has not ended."""
        self._socket.close()
        if self._process.poll() is None:
            self.end(END_PATIENCE_S)
        self._errors.close()

    def abandon(self) -> None:
        """In a forked copy of the trainer: lets go of what is the original's."""
        self._socket.close()
        self._errors.close()

    # What `signs` calls, from its thread.

    def readable(self) -> bool:
        """As `signs.Watched`."""
        try:
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return bool(poll.poll(0))
        except (OSError, ValueError):  # it was closed meanwhile
            return True

    def sign(self) -> None:
        """As `signs.Watched`."""
        if self._sending.acquire(blocking=False):
            try:
                self._socket.send(wire.SIGN_OF_LIFE)
            except OSError:  # full, or gone: whoever waits is told
                pass
            finally:
                self._sending.release()

    def give_up(self, why: str) -> None:
        """As `signs.Watched`."""
        self.lost = self.lost or why
        self._kill()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
