"""Many Gilbert-Elliott channels at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netgym_cli.channels.batch import BatchArrivals, BatchChannel, Pending
from netgym_cli.channels.clock import SLACK_STEPS
from netgym_cli.channels.draws import BatchDraws, streams
from netgym_cli.channels.gilbert_elliott_config import GilbertElliottConfig


class BatchGilbertElliott(BatchChannel[GilbertElliottConfig]):
    """Copies of `GilbertElliott`."""

    def __init__(self, config: GilbertElliottConfig, step_ms: float, copies: int) -> None:
        super().__init__(config, step_ms, copies)
        self._delay_ms, self._slack_ms = config.delay_steps * step_ms, SLACK_STEPS * step_ms
        self._to_bad_after = np.array([config.p_gb, 1 - config.p_bg])  # by state: 0 good, 1 bad
        self._loss = np.array([config.loss_good, config.loss_bad])
        self._names = np.array(["GOOD", "BAD"])
        self._draws: BatchDraws | None = None
        self._pending = Pending(copies)
        self._to_bad = np.empty(copies)
        self._bad = np.zeros(copies, np.int8)
        self._counters = np.zeros((3, copies), np.int64)
        self._sent, self._lost, self._arrived = self._counters
        self._parameters = {key: np.full(copies, value) for key, value in config.parameters().items()}
        self._zeros = np.zeros(copies, np.int64)
        for constant in (*self._parameters.values(), self._zeros):
            constant.flags.writeable = False

    def reset(self, seeds: Sequence[int] | None = None) -> None:
        if seeds is not None or self._draws is None:
            self._draws = BatchDraws(streams(seeds, self.copies), ("uniform", "uniform"))
        self.restart(np.arange(self.copies))

    def restart(self, which: np.ndarray) -> None:
        self._pending.clear(which)
        self._to_bad[which] = self.config.begins_bad
        self._bad[which] = 0
        self._counters[:, which] = 0

    def send(self, payload_bytes: int, now_ms: np.ndarray) -> None:
        assert self._draws is not None, "reset comes first"
        move, loss = self._draws.row()
        bad = (move < self._to_bad).view(np.int8)
        lost = loss < self._loss.take(bad)
        arrive = now_ms + self._delay_ms
        arrive[lost] = np.inf
        self._pending.add(self._sent, now_ms, arrive)
        self._to_bad = self._to_bad_after.take(bad)
        self._bad = bad
        self._sent += 1
        self._lost += lost

    def advance(self, to_ms: np.ndarray) -> BatchArrivals:
        told = self._pending.take(to_ms - self._slack_ms)
        self._arrived += np.bincount(told.copies, minlength=self.copies)
        return told

    def info(self) -> dict[str, np.ndarray]:
        sent, lost, arrived = self._counters.copy()
        waiting = sent - lost - arrived
        told = {"state": self._names.take(self._bad), "sent": sent, "arrived": arrived, "lost": lost,
                "in_flight": waiting, "pending_count": waiting}  # fmt: skip
        return {**told, "duplicates": self._zeros, "queue_bytes": self._zeros, **self._parameters}
