"""Sleep by load: thresholds with hysteresis on airtime, and signal thresholds that keep every user in reach.

Cells wake at once, as many as are needed; they fall asleep one at a time, so that the next decision sees the effect.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import MISSING

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.simulators.stats import Stats


@dataclass
class LoadThresholdConfig(AgentConfig):
    """The keys of conf/agent/load_threshold.yaml."""

    sleep_below_pct: float = ranged(0, 100)
    wake_above_pct: float = ranged(0, 100)
    min_neighbour_snr_db: float = MISSING
    wake_below_snr_db: float = MISSING
    hold_steps: int = ranged(1)

    def validate(self) -> None:
        super().validate()
        sleep, wake = self.sleep_below_pct, self.wake_above_pct
        require(sleep <= wake, "agent.sleep_below_pct", sleep, f"at most wake_above_pct ({wake:g})")
        weak, enough = self.wake_below_snr_db, self.min_neighbour_snr_db
        require(weak <= enough, "agent.wake_below_snr_db", weak, f"at most min_neighbour_snr_db ({enough:g})")


class LoadThreshold(Rule[LoadThresholdConfig]):
    """Awake cells are at the highest level."""

    config_schema = LoadThresholdConfig
    environments = ("energy_saving",)

    def forget(self) -> None:
        self._calm_steps = 0

    def decide(self, stats: Stats) -> Any:
        awake = stats["cell::ordered"] > 0
        woken = self._wake(stats, awake)
        waking = awake & (stats["cell::state"] == 0)
        self._calm_steps = 0 if woken or waking.any() else self._calm_steps + 1
        if self._calm_steps >= self.config.hold_steps:
            self._put_one_to_sleep(stats, awake)
        return np.where(awake, self.adapter.action_space.nvec - 1, 0)

    def _wake(self, stats: Stats, awake: np.ndarray) -> bool:
        """Marks in `awake` what has to wake; whether anything had to."""
        sites = np.array([(place.x_m, place.y_m) for place in self.adapter.config.cell_locations])
        users = np.stack([stats["user::x_loc"], stats["user::y_loc"]], axis=1)
        weak = np.maximum(stats["user::snr"], stats["user::neighbour_snr"]) < self.config.wake_below_snr_db
        places = [*sites[stats["cell::airtime"] > self.config.wake_above_pct], *users[weak]]
        before = awake.sum()
        for place in places:
            if not awake.all():
                distance_m = np.where(awake, np.inf, np.hypot(*(sites - place).T))
                awake[distance_m.argmin()] = True
        return bool(awake.sum() > before)

    def _put_one_to_sleep(self, stats: Stats, awake: np.ndarray) -> None:
        if awake.sum() <= 1:
            return
        for cell in np.argsort(stats["cell::airtime"], kind="stable"):
            own = stats["user::cell_id"] == cell + 1
            reached = (stats["user::neighbour_snr"][own] >= self.config.min_neighbour_snr_db).all()
            if awake[cell] and reached and stats["cell::airtime"][cell] < self.config.sleep_below_pct:
                awake[cell] = False
                self._calm_steps = 0
                return
