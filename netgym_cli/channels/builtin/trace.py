"""A recorded link behind a queue: its rate, delay and loss follow a file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import MISSING

from netgym_cli.channels.path import Path, PathConfig
from netgym_cli.channels.queue import Queue, VaryingRateQueue
from netgym_cli.channels.recorded import Opportunities, Rates, Recording
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import require
from netgym_cli.traces.bw_trace import read_bw_trace, trace_file
from netgym_cli.traces.mahimahi import looks_like_mahimahi, read_mahimahi

KEY = "channel.trace_file"


@dataclass
class TraceConfig(PathConfig):
    """The keys of conf/channel/trace.yaml."""

    trace_file: str = MISSING
    repeat: bool = MISSING
    random_start: bool = MISSING
    propagation_delay_ms: float = ranged(0, below=math.inf)
    loss: float = ranged(0, 1)

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        endless = math.isinf(self.recording().period_ms)
        require(not (self.random_start and endless), "channel.random_start", True, "false for a trace of one row")

    def recording(self) -> Recording:
        """What the file tells. Raises `ConfigError` naming file, line and value for whatever is wrong with it."""
        file = trace_file(self.trace_file, KEY)
        try:
            if looks_like_mahimahi(file):
                return Opportunities(read_mahimahi(file, KEY), self.repeat)
        except OSError as error:
            raise ConfigError(f"{KEY}: cannot read '{file}': {error}.") from error
        return Rates(read_bw_trace(self.trace_file, KEY, first_row="at_0"), self.repeat)


class Trace(Path[TraceConfig]):
    """A link whose capacity until each time was recorded, behind a queue, and a wire whose loss and delay were.

    C(t) bytes could have been sent until t. A packet of L = payload + header_bytes bytes that comes at a takes the
    bytes from S = max(C(a), end of the one before) to S + L and leaves at the first time at which C is S + L or more.
    Loss and delay are those of that time, and those of the config besides.

    A file of rates (columns time_ms, bw_kbps, delay_ms, loss; or seconds and Mbit/s) makes C piecewise linear, and flat
    where a rate is 0. In one of Mahimahi's, C grows
    by 1500 bytes at each time in it; an opportunity serves what waited before it, in pieces if need be, and what it
    does not need is wasted, as Mahimahi has it (Netravali et al., USENIX ATC 2015).
    """

    config_schema = TraceConfig

    def __init__(self, config: TraceConfig, step_ms: float) -> None:
        super().__init__(config, step_ms)
        self._recording = config.recording()

    def begin_session(self, generator: np.random.Generator) -> None:
        share = generator.random()
        self._start_ms = share * self._recording.period_ms if self.config.random_start else 0.0

    def new_queue(self) -> Queue:
        return VaryingRateQueue(_From(self._recording, self._start_ms), self.config.limit_bytes)

    def columns(self) -> tuple[str, str, str, str]:
        return ("uniform", "none", "none", "none")

    def wire(self, at_ms: float) -> tuple[float, float]:
        if at_ms == math.inf:  # the record is over, and the packet stays in the queue for ever
            return 0.0, 0.0
        loss, delay_ms = self._recording.wire(self._start_ms + at_ms)
        return 1 - (1 - loss) * (1 - self.config.loss), delay_ms + self.config.propagation_delay_ms

    def parameters(self) -> dict[str, Any]:
        return {"start_ms": self._start_ms}


class _From:
    """A recording from some time of it on."""

    def __init__(self, recording: Recording, start_ms: float) -> None:
        self._recording, self._start_ms = recording, start_ms

    def sent_by(self, now_ms: float) -> float:
        return self._recording.sent_by(self._start_ms + now_ms)

    def time_of(self, sent_bytes: float) -> float:
        return self._recording.time_of(sent_bytes) - self._start_ms
