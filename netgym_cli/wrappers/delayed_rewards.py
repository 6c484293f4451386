"""Rewards that travel with observations."""

from __future__ import annotations


class DelayedRewards:
    """Each packet carries the sum of all rewards until its step; what arrives pays out the difference.

    Args:
        size: number of steps whose sums are kept; what is older has nothing to add.
    """

    def __init__(self, size: int) -> None:
        self._sums = [0.0] * size
        self.begin()

    def begin(self) -> None:
        """An episode begins, whose first packet carries 0."""
        self._step, self._paid_until = 0, -1
        self._sums[0] = self._paid = 0.0

    def earn(self, reward: float) -> None:
        """The next step has earned `reward`."""
        before = self._sums[self._step % len(self._sums)]
        self._step += 1
        self._sums[self._step % len(self._sums)] = before + reward

    def pay(self, newest: int, over: bool) -> float:
        """What the agent gets now.

        Args:
            newest: step of the newest packet that has arrived; -1 if none has.
            over: the episode has ended, and everything is paid. A network's next episode goes on in the same account.
        """
        step = self._step if over else newest
        if step <= self._paid_until or self._step - step >= len(self._sums):
            return 0.0
        self._paid_until = step
        due = self._sums[step % len(self._sums)]
        reward, self._paid = due - self._paid, due
        return reward
