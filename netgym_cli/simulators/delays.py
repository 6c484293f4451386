"""How long packets took: percentiles and a histogram per flow and interval, and the bins that all histograms share.

Bin k, from 1 to 200, holds delays from `EDGES_MS[k - 1]` up to, but not including, `EDGES_MS[k]`: 40 bins per decade
from 0.1 ms to 10 s, with ends in whole nanoseconds. Bin 0 holds what is shorter, bin 201 what is longer. A percentile
that is read from a histogram is wrong by at most `RELATIVE_ERROR` inside that range.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from netgym_cli.simulators.stats import Layout

SHORTEST_MS, DECADES, BINS_PER_DECADE = 0.1, 5, 40  # as native/bridge/delay_report.h has them
EDGES_MS = tuple(
    round(SHORTEST_MS * 1e6 * 10 ** (k / BINS_PER_DECADE)) * 1e-6 for k in range(DECADES * BINS_PER_DECADE + 1)
)
BINS = len(EDGES_MS) + 1
RELATIVE_ERROR = 10 ** (0.5 / BINS_PER_DECADE) - 1  # 2.9 %: half a bin, as bins are told by their geometric middle
PERCENTS = (50, 95, 99)
_HEAD = 2 + len(PERCENTS)  # numbers per flow: its place, the percentiles, how many bins are filled


@dataclass(frozen=True)
class Delays:
    """The one-way delays of the packets that were delivered in an interval, flow by flow.

    Attributes:
        layout: its `delays` name the flows.
        numbers: as native/bridge/delay_report.h writes them.
    """

    layout: Layout
    numbers: np.ndarray

    @property
    def empty(self) -> bool:
        """Whether no packet was delivered."""
        return not self.numbers[1]

    @cached_property
    def _heads(self) -> np.ndarray:
        return self.numbers[2 : 2 + _HEAD * int(self.numbers[0])].reshape(-1, _HEAD)

    @property
    def flows(self) -> np.ndarray:
        """Places in the layout of the flows that delivered packets, int32, ascending, shape `(n,)`."""
        return self._heads[:, 0].astype(np.int32)

    @property
    def percentiles_ms(self) -> np.ndarray:
        """Exact percentiles `PERCENTS` of these flows, ms, shape `(n, 3)`: the least delay that no more exceed."""
        return self._heads[:, 1:-1]

    @property
    def filled(self) -> np.ndarray:
        """How many bins of these flows are not empty, int32 of shape `(n,)`."""
        return self._heads[:, -1].astype(np.int32)

    @property
    def bins(self) -> np.ndarray:
        """The bins that are not empty, flow after flow, int16 of shape `(filled.sum(),)`."""
        start, count = 2 + self._heads.size, int(self.numbers[1])
        return self.numbers[start : start + count].astype(np.int16)

    @property
    def packets(self) -> np.ndarray:
        """Packets in each of `bins`, int32."""
        start, count = 2 + self._heads.size, int(self.numbers[1])
        return self.numbers[start + count : start + 2 * count].astype(np.int32)

    def percentiles(self, key: str) -> np.ndarray:
        """Exact percentiles `PERCENTS` of `source::name`, ms, shape `(len(ids), 3)`; NaN where no packet came.

        Raises `KeyError` if there is no such row.
        """
        place = self.layout.delay_places[key]
        found = np.full((place.stop - place.start, len(PERCENTS)), np.nan)
        here = (self.flows >= place.start) & (self.flows < place.stop)
        found[self.flows[here] - place.start] = self.percentiles_ms[here]
        return found

    def histogram(self, key: str) -> np.ndarray:
        """Packets of `source::name` by bin, int64 of shape `(len(ids), BINS)`. Raises `KeyError` as `percentiles`."""
        place = self.layout.delay_places[key]
        flows = np.repeat(self.flows, self.filled)
        here = (flows >= place.start) & (flows < place.stop)
        counts = np.zeros((place.stop - place.start, BINS), np.int64)
        counts[flows[here] - place.start, self.bins[here]] = self.packets[here]
        return counts


def middle_ms(bins: np.ndarray) -> np.ndarray:
    """What stands for a delay in each bin, ms: the geometric middle; of the two outer bins, their only end."""
    edges = np.array(EDGES_MS)
    ends: np.ndarray = np.sqrt(np.append(edges[:1], edges) * np.append(edges, edges[-1:]))
    middles: np.ndarray = ends[bins]
    return middles


def percentile_ms(counts: np.ndarray, percent: float) -> float:
    """A percentile of a histogram of shape `(BINS,)`, ms, within `RELATIVE_ERROR`; NaN without packets."""
    reached = np.cumsum(counts)
    if not reached[-1]:
        return float("nan")
    rank = max(1, int(np.ceil(percent / 100 * reached[-1])))
    return float(middle_ms(np.array([np.searchsorted(reached, rank)]))[0])
