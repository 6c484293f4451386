"""What one step did, and the interface of those who are told about every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from netgym_cli.simulators.stats import Stats


class Step(NamedTuple):
    """What one step did, as the environment reports it: at a session's end `terminated` and `truncated` are both true.

    `wall_ms` is the time the simulator took; `events` counts simulator events since the session began.
    """

    session: int
    episode: int
    step: int
    seed: int
    sim_time_ms: float
    wall_ms: float
    events: int
    reward: float
    terminated: bool
    truncated: bool
    kpis: Mapping[str, float]
    stats: Stats


class Observer(Protocol):
    """Somebody who is told about every step: tables, the run's record, a progress bar."""

    def session_begins(self, session: int, seed: int | None) -> None:
        """A simulator is about to be started; `seed` is None when it is drawn afresh."""

    def step(self, step: Step) -> None:
        """A step was done."""

    def episode_ended(self, session: int, episode: int) -> None:
        """The episode is over: complete, or given up by an early reset."""

    def session_ended(self, status: str, reason: str) -> None:
        """The running session is over: `complete`, or another word with the reason for it."""
