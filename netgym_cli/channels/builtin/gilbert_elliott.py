"""The Gilbert-Elliott channel: losses in bursts, by a chain of two states that moves with each packet."""

from __future__ import annotations

from collections import deque
from typing import Any

from netgym_cli.channels.base import Arrival, Channel
from netgym_cli.channels.batch_gilbert_elliott import BatchGilbertElliott
from netgym_cli.channels.clock import SLACK_STEPS
from netgym_cli.channels.draws import Draws, stream
from netgym_cli.channels.gilbert_elliott_config import GilbertElliottConfig

COLUMNS = ("uniform", "uniform")  # of the move and of the loss


class GilbertElliott(Channel[GilbertElliottConfig]):
    """Losses of a chain with a good and a bad state; what is not lost arrives `delay_steps` steps later.

    For each packet the chain moves first (good to bad with p_gb, bad to good with p_bg), then the packet is lost with
    the new state's probability. Sizes play no role. After Gilbert (1960) and Elliott (1963), in the order of NetRL's
    channel.

    A packet counts as arrived before a time from a millionth of a step on, so that times which are multiples of
    step_ms but for rounding fall into the right step; this holds up to 1e9 steps in an episode.
    """

    config_schema = GilbertElliottConfig
    batch = BatchGilbertElliott

    def __init__(self, config: GilbertElliottConfig, step_ms: float) -> None:
        super().__init__(config, step_ms)
        self._delay_ms, self._slack_ms = config.delay_steps * step_ms, SLACK_STEPS * step_ms
        self._go_bad, self._stay_bad = config.p_gb, 1 - config.p_bg
        self._loss_good, self._loss_bad = config.loss_good, config.loss_bad
        self._draws: Draws | None = None
        self._pending: deque[Arrival] = deque()
        self._told = {"state": "GOOD", "sent": 0, "arrived": 0, "lost": 0, "in_flight": 0, "pending_count": 0,
                      "duplicates": 0, "queue_bytes": 0, **config.parameters()}  # fmt: skip

    def reset(self, seed: int | None = None) -> None:
        if seed is not None or self._draws is None:
            self._draws = Draws(stream(seed), COLUMNS)
            self._rows, self._refill = self._draws.rows, self._draws.refill
        self._pending.clear()
        self._sent = self._lost = 0
        self._bad, self._to_bad = False, self.config.begins_bad

    def send(self, payload_bytes: int, now_ms: float, port: int = 0) -> int:
        packet = self._sent
        self._sent = packet + 1
        try:
            move, loss = self._rows.pop()
        except IndexError:
            move, loss = self._refill()
        if move < self._to_bad:
            self._bad, self._to_bad = True, self._stay_bad
            lost = loss < self._loss_bad
        else:
            self._bad, self._to_bad = False, self._go_bad
            lost = loss < self._loss_good
        if lost:
            self._lost += 1
        else:
            self._pending.append(_arrival(Arrival, (packet, now_ms, now_ms + self._delay_ms, port)))
        return packet

    def advance(self, to_ms: float) -> list[Arrival]:
        pending, before = self._pending, to_ms - self._slack_ms
        arrived = []
        while pending and pending[0][2] < before:
            arrived.append(pending.popleft())
        return arrived

    def info(self) -> dict[str, Any]:
        told = self._told.copy()
        waiting = len(self._pending)
        told["state"] = "BAD" if self._bad else "GOOD"
        told["sent"], told["lost"] = self._sent, self._lost
        told["arrived"] = self._sent - self._lost - waiting
        told["in_flight"] = told["pending_count"] = waiting
        return told


_arrival = tuple.__new__  # half the time of Arrival(...), whose constructor does just this
