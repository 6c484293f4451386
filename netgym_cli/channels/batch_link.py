"""Many links at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netgym_cli.channels.batch import BatchArrivals, BatchChannel, Pending
from netgym_cli.channels.clock import SLACK_STEPS
from netgym_cli.channels.draws import BatchDraws, streams
from netgym_cli.channels.link_session import LinkConfig, LinkSession, draw_session
from netgym_cli.channels.queue import HALF_A_BYTE
from netgym_cli.config.ranges import highest

Booleans = np.ndarray


class BatchLink(BatchChannel[LinkConfig]):
    """Copies of `Link`, each with the session of its own seed."""

    def __init__(self, config: LinkConfig, step_ms: float, copies: int) -> None:
        super().__init__(config, step_ms, copies)
        self._slack_ms = SLACK_STEPS * step_ms
        self._draws: BatchDraws | None = None
        self._pending, self._doubled = Pending(copies), Pending(copies)
        self._doubles = highest(config.duplication) > 0
        self._free_ms, self._latest_ms, self._now_ms = np.zeros((3, copies))
        self._counters = np.zeros((5, copies), np.int64)
        self._sent, self._arrived, self._lost, self._duplicates, self._dropped = self._counters

    def reset(self, seeds: Sequence[int] | None = None) -> None:
        if seeds is not None or self._draws is None:
            self._begin(streams(seeds, self.copies))
        self.restart(np.arange(self.copies))

    def _begin(self, generators: list[np.random.Generator]) -> None:
        sessions = [vars(draw_session(self.config, each)) for each in generators]
        self._session = LinkSession(**{key: np.array([one[key] for one in sessions]) for key in sessions[0]})
        for value in vars(self._session).values():
            value.flags.writeable = False
        self._ms_per_byte = self._session.ms_per_byte
        self._draws = BatchDraws(generators, self.config.columns())

    def restart(self, which: np.ndarray) -> None:
        self._pending.clear(which)
        self._doubled.clear(which)
        for state in (self._free_ms, self._latest_ms, self._now_ms):
            state[which] = 0
        self._counters[:, which] = 0

    def send(self, payload_bytes: int, now_ms: np.ndarray) -> None:
        assert self._draws is not None, "reset comes first"
        size = self.config.size_of(payload_bytes)
        loss, duplication, jitter, again = self._draws.row()
        departure, dropped = self._enter(size, now_ms)
        lost = dropped | (loss < self._session.loss)
        first = departure + self._on_the_wire(jitter)
        if self._doubles:
            doubled = ~lost & (duplication < self._session.duplication)
            self._send_doubled(now_ms, lost, doubled, first, departure + self._on_the_wire(again))
        else:
            self._pending.add(self._sent, now_ms, np.where(lost, np.inf, self._in_order(first, ~lost)))
        self._now_ms[:] = now_ms
        self._sent += 1
        self._lost += lost
        self._dropped += dropped

    def _enter(self, size: int, now_ms: np.ndarray) -> tuple[np.ndarray, Booleans]:
        """When the packets leave the link, and which of them do not enter the queue."""
        start = np.maximum(self._free_ms, now_ms)
        departure = start + size * self._ms_per_byte
        if self.config.queue_bytes is None:
            self._free_ms = departure
            return departure, np.zeros(self.copies, bool)
        dropped = start - now_ms > (self.config.queue_bytes + HALF_A_BYTE - size) * self._ms_per_byte
        self._free_ms = np.where(dropped, self._free_ms, departure)
        return departure, dropped

    def _on_the_wire(self, jitter: np.ndarray) -> np.ndarray:
        delays: np.ndarray = np.maximum(0.0, self._session.propagation_delay_ms + self._session.jitter_ms * jitter)
        return delays

    def _in_order(self, arrive_ms: np.ndarray, which: Booleans) -> np.ndarray:
        """When the packets of the copies `which` arrive, if nothing may arrive before what was sent earlier."""
        if self.config.reordering:
            return arrive_ms
        self._latest_ms = np.where(which, np.maximum(self._latest_ms, arrive_ms), self._latest_ms)
        return self._latest_ms

    def _send_doubled(
        self, now_ms: np.ndarray, lost: Booleans, doubled: Booleans, one: np.ndarray, other: np.ndarray
    ) -> None:
        first = self._in_order(np.where(doubled, np.minimum(one, other), one), ~lost)
        self._pending.add(self._sent, now_ms, np.where(lost, np.inf, first))
        second = self._in_order(np.maximum(one, other), doubled)
        self._doubled.add(self._sent, now_ms, np.where(doubled, second, np.inf))

    def advance(self, to_ms: np.ndarray) -> BatchArrivals:
        before = to_ms - self._slack_ms
        self._now_ms[:] = to_ms
        told = self._pending.take(before)
        self._arrived += np.bincount(told.copies, minlength=self.copies)
        if not self._doubles:
            return told
        again = self._doubled.take(before)
        self._duplicates += np.bincount(again.copies, minlength=self.copies)
        return BatchArrivals(*(np.concatenate(pair) for pair in zip(told, again, strict=True)))

    def info(self) -> dict[str, np.ndarray]:
        sent, arrived, lost, duplicates, dropped = self._counters.copy()
        waiting = np.zeros(self.copies)
        np.divide(self._free_ms - self._now_ms, self._ms_per_byte, out=waiting, where=self._ms_per_byte > 0)
        queue = np.maximum(0, np.rint(waiting)).astype(np.int64)
        counted = {"sent": sent, "arrived": arrived, "lost": lost, "in_flight": sent - arrived - lost,
                   "duplicates": duplicates, "queue_bytes": queue, "dropped": dropped}  # fmt: skip
        return {"state": np.where(queue > 0, "BUSY", "IDLE"), **counted, **vars(self._session)}
