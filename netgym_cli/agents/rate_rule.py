"""What rules for sending rates share: a rate per media flow, kept within what the environment allows."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from netgym_cli.agents.rule import R, Rule
from netgym_cli.simulators.stats import Stats


class RateRule(Rule[R]):
    """A rule whose next rate follows from the last one and the last measurement of the same flow."""

    environments = ("rmcat",)

    def forget(self) -> None:
        self._rates_kbps: np.ndarray | None = None

    def decide(self, stats: Stats) -> Any:
        """Rates of shape `(F,)`, kbit/s, float32; from the sending rates in force in a session's first step."""
        space = self.adapter.action_space
        before = stats["rmcat::srate"] if self._rates_kbps is None else self._rates_kbps
        rates = np.clip(self.next_rates_kbps(before, stats), space.low, space.high)
        self._rates_kbps = rates
        return rates.astype(np.float32)

    @abstractmethod
    def next_rates_kbps(self, rates_kbps: np.ndarray, stats: Stats) -> np.ndarray:
        """Rates that follow `rates_kbps`, both of shape `(F,)`; they are clipped to the action space."""
