# SPDX-License-Identifier: GPL-2.0-only
"""One session inside its own process: builds the scenario, then measurement by measurement until told to stop."""

import math
import select
import traceback
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import protocol


class Inbox:
    """The trainer's frames, in order; those that have arrived already can be looked through."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.descriptor = connection.fileno()
        self._arrived = select.poll()
        self._arrived.register(self.descriptor, select.POLLIN)
        self._waiting: deque[tuple[bytes, Any]] = deque()

    def next(self, patience_s: float | None) -> tuple[bytes, Any]:
        """The next frame's kind and content. Raises `TimeoutError` or `EOFError`."""
        if self._waiting:
            return self._waiting.popleft()
        if patience_s is not None and not self._connection.poll(patience_s):
            raise self.silent(patience_s)
        frame: tuple[bytes, Any] = protocol.unpack(self._connection.recv_bytes())
        return frame

    @property
    def empty(self) -> bool:
        """Whether what comes next has not been read from the connection yet."""
        return not self._waiting

    @staticmethod
    def silent(patience_s: float) -> TimeoutError:
        """What ends a session that nobody goes on with."""
        return TimeoutError(f"no action for {patience_s:g} s (env.max_wait_time_for_action_ms)")

    def outdated(self) -> bool:
        """Whether a START or CLOSE has arrived, so that nobody wants what was asked for before it; that is dropped."""
        while self._arrived.poll(0):
            frame = protocol.unpack(self._connection.recv_bytes())
            if frame[0] in (protocol.START, protocol.CLOSE):
                self._waiting.clear()
            self._waiting.append(frame)
        return bool(self._waiting) and self._waiting[0][0] in (protocol.START, protocol.CLOSE)


def serve(connection: Connection, native: Any) -> None:
    """Answers START, STEP and RUN frames until CLOSE or until the trainer is gone.

    Args:
        connection: to the trainer.
        native: the `netgym` C++ namespace, or the like of it for a scenario in Python.
    """
    scenario: Any = None
    patience_s: float | None = None
    inbox = Inbox(connection)
    try:
        while True:
            if scenario is not None and inbox.empty:
                patience_ms = -1 if patience_s is None else math.ceil(patience_s * 1e3)
                if not native.Serve(scenario, inbox.descriptor, patience_ms) and patience_s is not None:
                    raise inbox.silent(patience_s)
            kind, content = inbox.next(patience_s)
            if kind == protocol.CLOSE:
                break
            if kind == protocol.START:
                if scenario is not None:
                    former, scenario = scenario, None
                    native.Destroy(former)
                patience_s = content["patience_s"]
                scenario = native.Create(content["scenario"], content["settings"], content["seed"])
                scenario.WarmUp()
                layout = {"layout": str(scenario.Layout()), "start": content.get("start")}
                connection.send_bytes(protocol.pack_json(protocol.LAYOUT, layout))
            elif kind == protocol.RUN:
                if not _run(scenario, content, inbox, native):
                    continue
            else:
                # cppyy takes an empty array for no pointer at all, but 0 for a null one
                scenario.Act(np.array(content) if content.size else 0, content.size)
                scenario.Advance()
            connection.send_bytes(_measurement(scenario, native))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the trainer is gone, and nobody needs this session
    except Exception as error:  # C++ exceptions arrive as many types; all of them end the session and are told
        # cppyy puts the call before the words of the exception: `type: call => type: words`.
        said = str(error).rpartition("=>\n")[2].strip() or str(error)
        message = said if said.startswith(type(error).__name__) else f"{type(error).__name__}: {said}"
        failure = {"message": message, "traceback": traceback.format_exc()}
        connection.send_bytes(protocol.pack_json(protocol.FAILURE, failure))
    finally:
        if scenario is not None:
            native.Destroy(scenario)


def _run(scenario: Any, content: np.ndarray, inbox: Inbox, native: Any) -> bool:
    """Carries out the controls of a RUN one after the other; False when the trainer has lost interest meanwhile."""
    controls = np.array(content)  # cppyy needs an array that may be written
    while controls.size:
        controls = controls[native.Run(scenario, controls, controls.size, inbox.descriptor) :]
        if inbox.outdated():
            return False
    return True


def _measurement(scenario: Any, native: Any) -> bytes:
    numbers = np.empty(protocol.HEAD + scenario.Size())
    if numbers.size > protocol.HEAD:  # cppyy takes no empty array
        scenario.Read(numbers[protocol.HEAD :])
    numbers[:2] = native.NowMs(), native.Events()
    frame: bytes = protocol.pack_numbers(protocol.STATS, numbers)
    return frame
