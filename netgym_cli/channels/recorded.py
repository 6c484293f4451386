"""Recorded links: what they could carry until when, and how they lost and delayed packets at which time."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import Protocol

from netgym_cli.channels.queue import Capacity

OPPORTUNITY_BYTES = 1500
ROUNDING_BYTES = 1e-3  # by which sums of sizes and capacities may miss each other


class Recording(Capacity, Protocol):
    """A link's past. Times are in ms since the record's begin; after `period_ms` it begins anew or is over."""

    period_ms: float

    def wire(self, at_ms: float) -> tuple[float, float]:
        """Probability of loss and propagation delay, ms, of a packet sent at that time."""


class Rates:
    """A record of rates, each of which holds until the next row. The last row holds as long as the one before it.

    While the rate is 0, nothing is sent; a packet whose last byte goes when an outage begins has left by then.

    Args:
        columns: what `read_bw_trace` returns, from 0 ms on.
        repeat: whether the record begins anew after its end; otherwise the last row holds for ever.
    """

    def __init__(self, columns: dict[str, list[float]], repeat: bool) -> None:
        self._times = times = columns["time_ms"]
        self._rates = [kbps / 8 for kbps in columns["bw_kbps"]]  # bytes per ms
        self._wires = list(zip(columns["loss"], columns["delay_ms"], strict=True))
        gaps = [after - before for before, after in pairwise(times)]
        self.period_ms = times[-1] + gaps[-1] if gaps else math.inf
        if not gaps or not repeat:
            gaps.append(math.inf)
        else:
            gaps.append(gaps[-1])
        self._repeat = repeat and math.isfinite(self.period_ms)
        bytes_of_rows = [rate * gap if rate else 0.0 for rate, gap in zip(self._rates, gaps, strict=True)]
        *self._starts, self._whole = accumulate(bytes_of_rows, initial=0.0)  # bytes until the begin of each row
        self._reached = list(times)  # when the bytes of `_starts` had been sent: before the outages that end there
        for row in range(1, len(times)):
            if self._rates[row - 1] == 0:
                self._reached[row] = self._reached[row - 1]

    def _within(self, at_ms: float) -> tuple[int, float]:
        if not self._repeat:
            return 0, at_ms
        rounds, rest = divmod(at_ms, self.period_ms)
        return int(rounds), rest

    def sent_by(self, now_ms: float) -> float:
        """See `Capacity`."""
        rounds, rest = self._within(now_ms)
        row = bisect_right(self._times, rest) - 1
        sent = self._starts[row] + (rest - self._times[row]) * self._rates[row]
        return rounds * self._whole + sent if rounds else sent

    def time_of(self, sent_bytes: float) -> float:
        """See `Capacity`."""
        if self._whole == 0:
            return math.inf if sent_bytes > 0 else 0.0
        rounds, rest = divmod(sent_bytes, self._whole) if self._repeat else (0, sent_bytes)
        if rounds and rest <= ROUNDING_BYTES and self._rates[-1] == 0:
            return (rounds - 1) * self.period_ms + self._reached[-1]
        row = bisect_right(self._starts, rest) - 1
        begun, rate = self._starts[row], self._rates[row]
        if rest - begun <= ROUNDING_BYTES and (rate == 0 or self._reached[row] != self._times[row]):
            time_ms = self._reached[row]
        else:
            time_ms = self._times[row] + (rest - begun) / rate if rate else math.inf
        return rounds * self.period_ms + time_ms if rounds else time_ms

    def wire(self, at_ms: float) -> tuple[float, float]:
        """See `Recording`."""
        _, rest = self._within(at_ms)
        return self._wires[bisect_right(self._times, rest) - 1]


class Opportunities:
    """A record of moments at which 1500 bytes could be sent; one that finds less waiting is used up all the same.

    Args:
        times_ms: what `read_mahimahi` returns.
        repeat: whether the record begins anew after its last moment; otherwise nothing is sent any more.
    """

    def __init__(self, times_ms: list[int], repeat: bool) -> None:
        self._times, self._repeat, self.period_ms = times_ms, repeat, float(times_ms[-1])

    def sent_by(self, now_ms: float) -> float:
        """See `Capacity`; the moment `now_ms` itself is over."""
        rounds, rest = divmod(now_ms, self.period_ms) if self._repeat else (0, now_ms)
        return (int(rounds) * len(self._times) + bisect_right(self._times, rest)) * OPPORTUNITY_BYTES

    def time_of(self, sent_bytes: float) -> float:
        """See `Capacity`."""
        number = max(0, math.ceil(sent_bytes / OPPORTUNITY_BYTES) - 1)
        rounds, place = divmod(number, len(self._times))
        if rounds and not self._repeat:
            return math.inf
        return rounds * self.period_ms + self._times[place]

    def wire(self, at_ms: float) -> tuple[float, float]:
        """Mahimahi's traces tell neither loss nor delay: none."""
        return 0.0, 0.0
