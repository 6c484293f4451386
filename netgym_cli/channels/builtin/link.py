"""A link of a fixed rate behind a queue: serialisation, waiting, propagation, jitter, loss, duplicates, reordering."""

from __future__ import annotations

from typing import Any

import numpy as np

from netgym_cli.channels.batch_link import BatchLink
from netgym_cli.channels.link_session import LinkConfig, draw_session
from netgym_cli.channels.path import Path
from netgym_cli.channels.queue import FixedRateQueue, Queue


class Link(Path[LinkConfig]):
    """A link that sends one packet after the other at `bandwidth_mbps`, behind a queue, and a wire with jitter.

    With L = payload + header_bytes, a packet that comes at a leaves at d = max(a, departure of the one before) + 8 L /
    bandwidth, and arrives at d + max(0, propagation_delay_ms + X). X has the scale
    J = jitter_ms + jitter_share * propagation_delay_ms: it is uniform in [-J, J), normal with mean 0 and standard
    deviation J, or exponential with mean J. Without reordering, a packet arrives no earlier than all before it.
    """

    config_schema = LinkConfig
    batch = BatchLink

    def begin_session(self, generator: np.random.Generator) -> None:
        self._session = session = draw_session(self.config, generator)
        self._ms_per_byte = session.ms_per_byte
        self._wire = (session.loss, session.propagation_delay_ms)
        self._jitter_ms, self._duplication = session.jitter_ms, session.duplication

    def new_queue(self) -> Queue:
        return FixedRateQueue(self._ms_per_byte, self.config.limit_bytes)

    def columns(self) -> tuple[str, str, str, str]:
        return self.config.columns()

    def wire(self, at_ms: float) -> tuple[float, float]:
        return self._wire

    def parameters(self) -> dict[str, Any]:
        return vars(self._session)
