"""The virtual clocks of nodes: computing, waiting and exchanging, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netgym_cli.messages.message import Arrivals, Message
from netgym_cli.messages.network import Network


@dataclass(frozen=True)
class RoundTimes:
    """Where the time of a round went; `compute_s`, `wait_s` and `comm_s` add up to `round_s`.

    Attributes:
        round_s: from when the last node had finished the round before to when the last one has finished this one.
        compute_s: as long as the fastest node computes, or until the last node has computed, if that is sooner: nodes
            that had everything before the others began earlier.
        wait_s: from then until the last node has computed.
        comm_s: from then until every node has everything.
        node_exchange_s: for each node from when it had computed until it has everything, of shape `(N,)`.
        arrivals: of the messages.
    """

    round_s: float
    compute_s: float
    wait_s: float
    comm_s: float
    node_exchange_s: np.ndarray
    arrivals: Arrivals


class Clock:
    """Nodes that begin together and then go on as soon as they have what they need.

    Attributes:
        now_s: when the last node had finished, since the session began.
    """

    def __init__(self, nodes: int, network: Network) -> None:
        self._nodes, self._network = nodes, network
        self.now_s = 0.0
        self.together()

    def together(self) -> None:
        """All nodes wait for each other, as at the beginning of a training."""
        self._finished_s = np.full(self._nodes, self.now_s)

    def round(self, durations_s: np.ndarray, messages: Sequence[Message]) -> RoundTimes:
        """Every node computes for so long, then the messages are sent."""
        before_s, ready_s = self.now_s, self._finished_s + durations_s
        arrivals = self._network.run(messages, ready_s.tolist())
        self._finished_s = np.array(arrivals.finished_s(messages, ready_s.tolist()))
        self.now_s = max(before_s, float(self._finished_s.max()))
        last_s = max(before_s, float(ready_s.max()))
        first_s = min(before_s + float(durations_s.min()), last_s)
        return RoundTimes(
            self.now_s - before_s,
            first_s - before_s,
            last_s - first_s,
            self.now_s - last_s,
            self._finished_s - ready_s,
            arrivals,
        )
