"""A simulated network that runs ahead of its user, as long as what the user puts in repeats step by step.

A channel's network does not depend on the agent but for the packets it is given. So while every step puts in the same
packets, the next steps are simulated in the worker before anybody asks for them. The first step that differs has the
simulation built again from the same seed and brought to the present by the packets that were really sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from netgym_cli.common.errors import SimulatorDied
from netgym_cli.simulators.base import PipelinedSimulator

# A packet that enters: port, payload bytes, time in ns. An event: port, packet number, time in ns, fate.
Packet = tuple[int, int, int]
Event = tuple[float, float, float, float]

# Steps of one request: more save messages, but the end of an episode wastes those that nobody has asked for yet. So the
# first request is for one step, the next ones for two, and later ones grow with what lies behind.
MOST_STEPS = 8
STEPS_PER_STEP_AHEAD = 16
REQUESTS = 2  # under way while the oldest is waited for: the worker finds the next one when it has answered
REPLAYED_STEPS = 64  # of one request, when the past is simulated again


def nanoseconds(ms: float) -> int:
    """The simulator's clock at `ms`."""
    return round(ms * 1e6)


class RunAhead:
    """One scenario that moves to the times it is asked for, packets and all.

    Args:
        simulator: not started yet.
        scenario, settings: as `Simulator.start` takes them.
        step_ms: the step that may repeat: from t * step_ms to (t + 1) * step_ms.
        enabled: False never runs ahead.

    Attributes:
        events: what became of packets, in order of time. It may hold events beyond the time asked for.
    """

    def __init__(
        self,
        simulator: PipelinedSimulator[Any],
        scenario: str,
        settings: Mapping[str, Any],
        step_ms: float,
        enabled: bool = True,
    ) -> None:
        self._simulator, self._scenario, self._settings = simulator, scenario, settings
        self._step_ms, self._enabled = step_ms, enabled
        self.events: deque[Event] = deque()
        self._repeats, self._starting = enabled, False
        self._seed = 0
        self._pattern: list[Packet] = []  # what each step puts in, its times from the step's begin
        self._under_way: deque[int] = deque()  # steps of each request
        # Steps made by the user, requested of the worker, received from it.
        self._step = self._requested = self._received = 0

    def restart(self, seed: int, session: bool) -> None:
        """Time 0 of a new simulation. After steps that differed, only a new `session` may run ahead again.

        Waits for the worker only where there is none yet.
        """
        first = not self._simulator.running
        self._seed = seed
        self._repeats = self._enabled and (session or self._repeats)
        self._begin()
        if first:
            self._started()

    def advance(self, packets: list[Packet], to_ns: int) -> None:
        """Puts `packets` in, simulates to `to_ns`, and keeps what happened in `events`. Raises `SimulatorError`."""
        if not self._simulator.running:
            raise SimulatorDied(f"ns-3 (scenario {self._scenario}) is gone; reset() starts it anew.")
        if self._repeats:
            begin_ns, end_ns = self._bounds(self._step)
            relative = [(port, size, at_ns - begin_ns) for port, size, at_ns in packets]
            if self._step == 0:
                self._pattern = relative
            if to_ns == end_ns and relative == self._pattern:
                self._step += 1
                while self._received < self._step:
                    while len(self._under_way) < REQUESTS:
                        self._request(self._worthwhile())
                    self._collect()
                return
            self._repeats = False
            if self._requested:
                self._replay()
        self._send([control(packets, to_ns)])
        self._collect()

    def _worthwhile(self) -> int:
        return min(MOST_STEPS, 2 + self._requested // STEPS_PER_STEP_AHEAD) if self._requested else 1

    def _begin(self) -> None:
        self._simulator.start_async(self._scenario, self._settings, self._seed)
        self._starting = True
        self.events.clear()
        self._under_way.clear()
        self._step = self._requested = self._received = 0

    def _started(self) -> None:
        if self._starting:
            self._simulator.start_wait()
            self._starting = False

    def _replay(self) -> None:
        """Simulates the steps that were really made once more, and forgets what was received of them already."""
        steps = self._step
        self._begin()
        while self._received < steps:
            self._request(min(REPLAYED_STEPS, steps - self._requested))
            self._collect()
        present_ns = self._bounds(steps)[0]
        while self.events and self.events[0][2] < present_ns:
            self.events.popleft()

    def _bounds(self, step: int) -> tuple[int, int]:
        return nanoseconds(step * self._step_ms), nanoseconds((step + 1) * self._step_ms)

    def _request(self, steps: int) -> None:
        controls = []
        for step in range(self._requested, self._requested + steps):
            begin_ns, end_ns = self._bounds(step)
            controls.append(control([(port, size, begin_ns + at_ns) for port, size, at_ns in self._pattern], end_ns))
        self._send(controls)
        self._requested += steps

    def _send(self, controls: list[list[float]]) -> None:
        self._simulator.run_async(np.array([number for numbers in controls for number in (len(numbers), *numbers)]))
        self._under_way.append(len(controls))

    def _collect(self) -> None:
        self._started()
        numbers = iter(self._simulator.run_wait().values.tolist())
        self.events.extend(zip(numbers, numbers, numbers, numbers, strict=True))
        self._received += self._under_way.popleft()


def control(packets: list[Packet], to_ns: int) -> list[float]:
    """What the worker takes for one step: the time to simulate to, then port, bytes and time of each packet."""
    return [to_ns, *(number for packet in packets for number in packet)]
