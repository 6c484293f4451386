"""The whole measurement that rules read from `info.stats`: behind a channel, the newest one that has arrived."""

from __future__ import annotations

from typing import Any

KEPT = 1024  # steps; what takes longer to arrive is dropped


class DeliveredStats:
    """Keeps the last `KEPT` measurements, however short the window is. Dictionaries without `stats` are left alone."""

    def __init__(self) -> None:
        self._made: list[Any] = [None] * KEPT
        self.begin()

    def begin(self) -> None:
        """An episode begins, of which nothing has arrived."""
        self._known: Any = None

    def make(self, step: int, info: dict[str, Any]) -> None:
        """The measurement of `step` exists."""
        self._made[step % len(self._made)] = getattr(info, "stats", None)

    def show(self, step: int, now: int) -> None:
        """The newest observation so far has arrived, that of `step`; `now` is the present step."""
        if now - step < len(self._made):
            self._known = self._made[step % len(self._made)]

    def put(self, info: dict[str, Any]) -> None:
        """Lets `info` tell what has arrived in place of what is."""
        if hasattr(info, "stats"):
            info.stats = self._known
