"""What a session was asked for and what it measured, in few bytes: enough to bring another worker to the same moment.

ns-3 is deterministic: the same scenario, settings and seed, given the same controls, measure the same to the bit. So a
worker that dies can be replaced by one that does the session so far once more.
"""

from __future__ import annotations

import zlib
from array import array
from collections import deque
from collections.abc import Iterator

from netgym_cli.common.errors import ReplayDiffers
from netgym_cli.simulators.ns3.worker import protocol


class Recording:
    """One session, from its START on: frames as they were sent, and checksums of what was measured.

    Args:
        start: the START frame.

    Attributes:
        under_way: STEP and RUN frames that are not answered yet, in order.
        recovered_at: number of answers at the newest recovery; None: there was none.
    """

    def __init__(self, start: bytes) -> None:
        self.start = start
        self.under_way: deque[bytes] = deque()
        self.recovered_at: int | None = None
        self._frames = bytearray()  # those that were answered
        self._sizes = array("I")  # of each of them
        self._checks = array("I")  # of each answer, that to the START first
        self._last = b""  # the newest answer itself

    def ask(self, frame: bytes) -> None:
        """A STEP or RUN frame was sent."""
        self.under_way.append(frame)

    def answer(self, measured: bytes) -> None:
        """A measurement came: that of the START, and then of the oldest frame under way."""
        if self._checks:
            frame = self.under_way.popleft()
            self._frames += frame
            self._sizes.append(len(frame))
        self._checks.append(zlib.crc32(measured))
        self._last = measured

    @property
    def answers(self) -> int:
        """Number of measurements."""
        return len(self._checks)

    def answered(self) -> Iterator[bytes]:
        """All frames that were answered: the START, then those that came after it."""
        if self._checks:
            yield self.start
        place = 0
        for size in self._sizes:
            yield bytes(self._frames[place : place + size])
            place += size

    def same(self, number: int, measured: bytes) -> bool:
        """Whether the answer of this number, from 0, was equal; of the last one, to the bit."""
        if number == self.answers - 1:
            return measured == self._last
        return zlib.crc32(measured) == self._checks[number]


def steps_of(frame: bytes) -> int:
    """Number of controls in a STEP or RUN frame."""
    kind, numbers = protocol.unpack(frame)
    if kind != protocol.RUN:
        return 1
    steps = place = 0
    while place < len(numbers):
        steps, place = steps + 1, place + 1 + int(numbers[place])
    return steps


def difference(death: str, step: int) -> ReplayDiffers:
    """The error for a session that measured something else after this step when it was done again after a `death`."""
    return ReplayDiffers(
        f"{death}. Another process has begun the session again, and what it measured after step {step} differs from "
        "before, so the session cannot go on. Does the scenario depend on more than its seed? simulator.recover=false "
        "ends a run at the first death."
    )
