"""The congestion window of one TCP connection: Cubic, one round trip at a time."""

from __future__ import annotations

import math

INITIAL_WINDOW = 10.0  # segments, RFC 6928
SCALE = 0.4  # C of RFC 9438
REDUCTION = 0.7  # beta of RFC 9438
RENO_GROWTH = 3 * (1 - REDUCTION) / (1 + REDUCTION)  # alpha of RFC 9438 4.3, segments per round trip
MOST_GROWTH = 1.5  # a round's limit on the target, RFC 9438 4.2


class CubicWindow:
    """Slow start without a threshold until the first loss, then Cubic with its Reno-friendly region (RFC 9438).

    Attributes:
        segments: the window.
    """

    def __init__(self) -> None:
        self.segments = INITIAL_WINDOW
        self._threshold, self._before_loss = math.inf, 0.0
        self._reno, self._since_loss_s = INITIAL_WINDOW, 0.0

    def after_idle(self) -> None:
        """The connection was idle for longer than a time-out (RFC 2861)."""
        self.segments = min(self.segments, INITIAL_WINDOW)

    def delivered(self, sent: int, took_s: float, room: float) -> None:
        """A round went without loss.

        Args:
            sent: segments of the round; a window that was not used up grows only in slow start.
            took_s: its duration.
            room: segments that path and queue hold.
        """
        if self.segments < self._threshold:
            self.segments += sent
        elif sent >= int(self.segments):
            self._since_loss_s += took_s
            plateau_s = math.cbrt(self._before_loss * (1 - REDUCTION) / SCALE)
            target = SCALE * (self._since_loss_s - plateau_s) ** 3 + self._before_loss
            self._reno += RENO_GROWTH
            self.segments = min(max(self.segments, target, self._reno), MOST_GROWTH * self.segments)
        self.segments = min(self.segments, max(2.0, room))

    def lost(self) -> None:
        """Segments of a round were lost."""
        self._before_loss = self.segments
        self._threshold = self.segments = self._reno = max(2.0, REDUCTION * self.segments)
        self._since_loss_s = 0.0
