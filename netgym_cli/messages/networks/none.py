"""No network: messages arrive when they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from netgym_cli.messages.message import Arrivals, Message, Schedule
from netgym_cli.messages.network import Network


class NoNetwork(Network):
    """What is left is the time that computing takes, and waiting for those that compute longer."""

    lossless: ClassVar[bool] = True

    def run(self, messages: Sequence[Message], ready_s: Sequence[float]) -> Arrivals:
        schedule = Schedule(messages, ready_s)
        sent = schedule.first()
        for at_s, place in sent:  # grows while it is gone through
            sent += schedule.arrived(place, at_s)
        return Arrivals(tuple(schedule.at_s), events=len(messages))
