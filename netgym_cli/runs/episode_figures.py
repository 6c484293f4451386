"""What the episodes of a run amounted to: their returns, and the means of their indicators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class EpisodeReturns:
    """Returns of ended episodes, in the order in which they ended.

    Attributes:
        values: one per episode.
    """

    def __init__(self) -> None:
        self.values: list[float] = []
        self._sessions: list[int] = []

    def add(self, session: int, value: float) -> None:
        """An episode of this session has ended."""
        self.values.append(value)
        self._sessions.append(session)

    @property
    def by_session(self) -> dict[int, list[float]]:
        """The values of each session."""
        found: dict[int, list[float]] = {}
        for session, value in zip(self._sessions, self.values, strict=True):
            found.setdefault(session, []).append(value)
        return found

    def state(self) -> dict[str, np.ndarray]:
        """All of it, as arrays."""
        return {"values": np.array(self.values, np.float64), "sessions": np.array(self._sessions, np.int64)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes what `state` told."""
        self.values, self._sessions = state["values"].tolist(), state["sessions"].tolist()


def mean_of_measured(values: np.ndarray) -> Any:
    """Mean of the entries that are not NaN; NaN if all are."""
    measured = ~np.isnan(values)
    return np.mean(values[measured]) if measured.any() else np.nan
