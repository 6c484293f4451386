"""The base of rules for sending rates: a rate per media flow, within the action space."""

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
        """Rates of shape `(F,)`, kbit/s, float32; a session's first ones follow from the measured sending rates."""
        space = self.adapter.action_space
        before = stats["rmcat::srate"] if self._rates_kbps is None else self._rates_kbps
        rates = np.clip(self.next_rates_kbps(before, stats), space.low, space.high)
        self._rates_kbps = rates
        return rates.astype(np.float32)

    @abstractmethod
    def next_rates_kbps(self, rates_kbps: np.ndarray, stats: Stats) -> np.ndarray:
        """Rates that follow `rates_kbps`, both of shape `(F,)`; they are clipped to the action space."""
