"""ns-3 as a simulator: every session in a worker process of its own, forked from a process that has ns-3 loaded.

A fault in ns-3 ends the worker, never the trainer, and arrives here as a `SimulatorError` that names the cause.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from netgym_cli.common.errors import ReplayDiffers, SimulatorDied, SimulatorError, SimulatorTimeout
from netgym_cli.common.user_code import WorkerTraceback, shown
from netgym_cli.simulators.base import PipelinedSimulator
from netgym_cli.simulators.delays import Delays
from netgym_cli.simulators.ns3 import connection
from netgym_cli.simulators.ns3.config import Ns3Config
from netgym_cli.simulators.ns3.connection import WorkerConnection, connect
from netgym_cli.simulators.ns3.recording import Recording, difference, steps_of
from netgym_cli.simulators.ns3.user_scenario import is_python
from netgym_cli.simulators.ns3.worker import protocol
from netgym_cli.simulators.ns3.zygote_client import ending
from netgym_cli.simulators.ownership import refuse_copy, refuse_process
from netgym_cli.simulators.stats import Layout, Stats
from netgym_cli.simulators.wire_text import flatten, parse_layout

CRASHES = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT")
log = logging.getLogger(__name__)
REPEATS = ending(protocol.FATAL_STATUS)  # a way to end that another worker would end in, too


class Ns3Simulator(PipelinedSimulator[Ns3Config]):
    """One session of an ns-3 scenario in a worker process. Deadlines come from `Ns3Config`.

    The worker serves the process that asked for it. In a forked copy of that one, `close` lets go of it, and every
    other method raises `SessionError`; so does copying while there is a worker.

    What `fileno` gives is readable once a layout has come, which is the first part of the answer to a start.

    A worker that is killed, aborts or closes its pipe is replaced (`simulator.recover`): another one does the session
    so far once more and has to measure the same, to the bit. One that dies at the same step again is an error.

    Attributes:
        recoveries: number of workers that were replaced so far.
    """

    config_schema = Ns3Config

    def __init__(self, config: Ns3Config, source: Path | None = None) -> None:
        super().__init__(config, source)
        self._worker: WorkerConnection | None = None
        self._layout = Layout(())
        self._session = self._describe = ""
        self._starts = 0
        self._recording: Recording | None = None
        self._interrupted = False

    @classmethod
    def check(cls, config: Ns3Config, source: Path | None = None) -> None:
        connection.check(config, source)

    @classmethod
    def prepare(cls, config: Ns3Config, source: Path | None = None) -> None:
        connection.prepare(config, source)

    @classmethod
    def about(cls, config: Ns3Config) -> dict[str, Any]:
        return connection.about(config)

    @property
    def running(self) -> bool:
        return self._worker is not None

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None when no session runs."""
        return self._worker.pid if self._worker else None

    def fileno(self) -> int | None:
        self.require_owner()
        return self._worker.fileno() if self._worker else None

    def require_owner(self) -> None:
        """Raises `SessionError` if there is a worker and another process asked for it."""
        if self._worker is not None and self._worker.owner_pid != os.getpid():
            refuse_process(self._worker.owner_pid, f"the simulator of {self._describe}")

    def start_async(self, scenario: str, settings: Mapping[str, Any], seed: int) -> None:
        self.require_owner()
        of = "" if self.source is None else f" of {shown(str(self.source))}"
        self._session = f"scenario {scenario}{of}, seed {seed}"
        worker = self._worker or connect(self.config, self.source)
        self._taken_on(worker)
        self._starts += 1
        patience_ms = settings.get("max_wait_time_for_action_ms", -1)
        request = {
            "scenario": scenario,
            "settings": json.dumps(settings) if is_python(self.source) else flatten(settings),
            "seed": seed,
            "start": self._starts,
            "patience_s": patience_ms / 1e3 if patience_ms >= 0 else None,
        }
        frame = protocol.pack_json(protocol.START, request)
        self._recording, self._interrupted = Recording(frame), False
        self._send(frame)

    def start_wait(self) -> Stats:
        self._layout = self._awaited_layout()
        return self._stats(self.config.start_timeout_s, "simulator.start_timeout_s")

    def step_async(self, control: np.ndarray | None) -> None:
        self._step_due_s = time.monotonic() + self.config.step_timeout_s  # whoever is waited for first
        self._ask(protocol.pack_numbers(protocol.STEP, np.empty(0) if control is None else control))

    def step_wait(self) -> Stats:
        return self._stats(self.config.step_timeout_s, "simulator.step_timeout_s", self._step_due_s)

    def run_async(self, controls: np.ndarray) -> None:
        self._ask(protocol.pack_numbers(protocol.RUN, controls))

    def run_wait(self) -> Stats:
        return self._stats(self.config.step_timeout_s, "simulator.step_timeout_s")

    def interrupt(self) -> None:
        self._interrupted = True
        worker = self._worker
        if worker is not None and worker.owner_pid == os.getpid():
            with suppress(SimulatorError):  # then the zygote is gone, and the kernel has ended its workers
                worker.kill()

    def close(self) -> None:
        if self._worker is None:
            return
        worker, self._worker = self._worker, None
        if worker.owner_pid != os.getpid():
            return
        with closing(worker):
            try:
                worker.send(protocol.CLOSE)
                ended = worker.poll(self.config.close_timeout_s)
            except OSError:
                ended = True
            with suppress(SimulatorError):  # then the zygote is gone, and the kernel has ended its workers
                worker.wait() if ended else worker.kill()

    def _taken_on(self, worker: WorkerConnection) -> None:
        self._worker, self._describe = worker, self._session + worker.where

    def _stats(self, timeout_s: float, key: str, due_s: float | None = None) -> Stats:
        assert self._recording is not None
        numbers = self._receive(protocol.STATS, timeout_s, key, due_s)
        self._recording.answer(numbers.tobytes())
        at_ms, events, values = float(numbers[0]), int(numbers[1]), numbers[protocol.HEAD :]
        if not self._layout.delays:
            return Stats(self._layout, at_ms, values, events)
        size = self._layout.size
        return Stats(self._layout, at_ms, values[:size], events, delays=Delays(self._layout, values[size:]))

    def __getstate__(self) -> dict[str, Any]:
        if self._worker is not None:
            refuse_copy(f"the simulator of {self._describe}")
        return self.__dict__ | {"_recording": None}

    def _ask(self, frame: bytes) -> None:
        self._send(frame)
        assert self._recording is not None
        self._recording.ask(frame)

    def _send(self, frame: bytes) -> None:
        self.require_owner()
        assert self._worker is not None, "start() comes first"
        with suppress(OSError):  # it has ended; what it said last, or how it ended, is found by the next receive
            self._worker.send(frame)

    def _awaited_layout(self) -> Layout:
        content: dict[str, Any] = {}
        while content.get("start") != self._starts:  # answers to what was asked before the start are dropped
            content = self._receive(protocol.LAYOUT, self.config.start_timeout_s, "simulator.start_timeout_s")
        return parse_layout(content["layout"])

    def _receive(self, kind: bytes, timeout_s: float, key: str, due_s: float | None = None) -> Any:
        """The content of the next frame, which is to be of this `kind`, from another worker if the present one dies."""
        try:
            return self._received(kind, timeout_s, key, due_s)
        except SimulatorDied as death:
            self._recover(death, begun=kind == protocol.STATS)
        return self._received(kind, timeout_s, key)

    def _received(self, kind: bytes, timeout_s: float, key: str, due_s: float | None = None) -> Any:
        got, content = self._next(timeout_s, key, due_s)
        while kind == protocol.LAYOUT and got == protocol.STATS:  # asked for before the start
            got, content = self._next(timeout_s, key)
        if got == protocol.FAILURE:
            self.close()
            message = f"ns-3 ({self._describe}) failed: {content['message']}"
            raise SimulatorDied(message) from WorkerTraceback(content["traceback"])
        if got != kind:
            raise SimulatorDied(f"ns-3 ({self._describe}) sent a frame of kind {got!r} where {kind!r} was due.")
        return content

    def _next(self, timeout_s: float, key: str, due_s: float | None = None) -> tuple[bytes, Any]:
        """The next frame, within `timeout_s` from now on or, if that is given, until `due_s` of the monotonic clock."""
        self.require_owner()
        assert self._worker is not None
        try:
            if not self._worker.poll(timeout_s if due_s is None else max(0.0, due_s - time.monotonic())):
                worker, self._worker = self._worker, None
                with closing(worker):
                    with suppress(SimulatorError):
                        worker.kill()
                    raise SimulatorTimeout(
                        f"ns-3 ({self._describe}) did not answer within {timeout_s:g} s and was killed; "
                        f"raise {key} if it was only slow.{worker.tail()}"
                    )
            return protocol.unpack(self._worker.receive())
        except (EOFError, OSError):
            self._raise_died()

    def _raise_died(self) -> NoReturn:
        assert self._worker is not None
        worker, self._worker = self._worker, None
        with closing(worker):
            try:
                how = worker.wait()
            except SimulatorError as error:  # its parent is gone
                raise SimulatorDied(str(error), how="its parent process is gone") from error
            raise SimulatorDied(f"ns-3 ({self._describe}) died: {how}.{self._unchecked(how)}{worker.tail()}", how=how)

    def _unchecked(self, how: str) -> str:
        """What to do about a crash of an ns-3 that does not check itself."""
        if not how.endswith(CRASHES) or not connection.about(self.config).get("ns3_optimized"):
            return ""
        return " This ns-3 has no assertions: the same seed with simulator.ns3_prefix=wheel may tell what was wrong."

    def _recover(self, death: SimulatorDied, begun: bool) -> None:
        """Has another worker do what the one that died had done, and asks it for what is still under way.

        Args:
            death: of the worker that was asked for a frame.
            begun: whether that one had told its layout.

        Raises:
            SimulatorDied: that must not or cannot be done: the error of the death.
            ReplayDiffers: the other worker measures something else.
        """
        recording = self._recording
        assert recording is not None
        repeats = death.how in (None, REPEATS) or recording.recovered_at == recording.answers
        if repeats or self._interrupted or not self.config.recover:
            raise death
        recording.recovered_at = recording.answers
        self._taken_on(connect(self.config, self.source))
        if not recording.answers:
            self._send(recording.start)
            if begun and self._awaited_layout() != self._layout:
                raise self._differs(death, 0)
        steps = self._replayed(recording, death)
        for frame in recording.under_way:
            self._send(frame)
        self.recoveries += 1
        done = f"done its {steps} steps again and measured the same" if steps else "begun again"
        log.warning("ns-3 (%s) died: %s; another process has %s", self._describe, death.how, done)

    def _replayed(self, recording: Recording, death: SimulatorDied) -> int:
        """Has the new worker answer what was answered before; returns the number of steps."""
        steps = 0
        for number, frame in enumerate(recording.answered()):
            self._send(frame)
            if number == 0:
                layout = self._awaited_layout()
                timeout_s, key = self.config.start_timeout_s, "simulator.start_timeout_s"
            else:
                steps += steps_of(frame)
                timeout_s, key = self.config.step_timeout_s, "simulator.step_timeout_s"
            numbers = self._received(protocol.STATS, timeout_s, key)
            if layout != self._layout or not recording.same(number, numbers.tobytes()):
                raise self._differs(death, steps)
        return steps

    def _differs(self, death: SimulatorDied, step: int) -> ReplayDiffers:
        self.close()
        return difference(f"ns-3 ({self._describe}) died: {death.how}", step)
