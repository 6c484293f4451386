"""Energy saving: which small cells sleep and which transmit, and how strongly, while users walk and their load swings.

The observation has one row per measurement in `features` and one column per cell; the action is a level per cell.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from netgym_cli.config.schema import require
from netgym_cli.envs.base import Adapter, discrete_action, is_empty
from netgym_cli.envs.last_axis import PerNetwork, kept, mean, mean_where, number, total
from netgym_cli.envs.measurements import labels, require_known
from netgym_cli.envs.small_cells.config import SmallCellsConfig, check_small_cells
from netgym_cli.simulators.stats import Stats

# Every measurement with one value per cell, its unit and the range that an observation of it is kept in.
MEASUREMENTS: dict[str, tuple[str, float, float]] = {
    "cell::state": ("", 0, 100), "cell::ordered": ("", 0, 100), "cell::tx_power": ("dBm", -100, 50),
    "cell::power": ("W", 0, 1e4), "cell::energy": ("J", 0, 1e6), "cell::airtime": ("%", 0, 100),
    "cell::users": ("", 0, 50), "cell::rate": ("Mbit/s", 0, 1000), "cell::tx_rate": ("Mbit/s", 0, 1000),
    "cell::near_users": ("", 0, 50), "cell::near_tx_rate": ("Mbit/s", 0, 1000),
}  # fmt: skip
OTHER_MEASUREMENTS = (
    *(
        f"user::{name}"
        for name in "rate tx_rate owd max_owd loss qos_met cell_id snr neighbour_snr x_loc y_loc".split()
    ),
    "network::power",
    "network::energy_per_bit",
)


class EnergySavingConfig(SmallCellsConfig):
    """The keys of conf/env/energy_saving.yaml."""

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        check_small_cells(self)
        require(len(self.features) >= 1, "env.features", self.features, "a list of one or more measurement names")
        require_known("env.features", self.features, MEASUREMENTS)
        subscribed = self.subscribed_network_stats or ()
        require_known("env.subscribed_network_stats", subscribed, [*MEASUREMENTS, *OTHER_MEASUREMENTS])


class EnergySaving(Adapter[EnergySavingConfig]):
    """Levels of M cells that serve walking users.

    observation: float32 of shape `(len(features), M)`, each row in the unit and range of its measurement.
    action: M whole numbers, 0 (sleep) to the number of entries in `tx_power_levels_dbm`. Empty: the simulator's own
        load-threshold rule decides.
    """

    config_schema = EnergySavingConfig
    scenario = "energy_saving"
    batched: ClassVar[bool] = True
    entities = "cells"
    action_space: spaces.MultiDiscrete

    def __init__(self, config: EnergySavingConfig) -> None:
        super().__init__(config)
        self.subscription = config.subscribed_network_stats
        cells = len(config.cell_locations)
        self.top_level = len(config.tx_power_levels_dbm)
        bounds = np.array([MEASUREMENTS[name][1:] for name in config.features], dtype=np.float32)
        self.low = np.repeat(bounds[:, :1], cells, axis=1)
        self.high = np.repeat(bounds[:, 1:], cells, axis=1)
        self.observation_space = spaces.Box(self.low, self.high, dtype=np.float32)
        self.action_space = spaces.MultiDiscrete([self.top_level + 1] * cells)
        self.observation_labels = labels(config.features, MEASUREMENTS)
        self.action_labels = tuple(f"level of cell {cell}" for cell in range(1, cells + 1))

    @property
    def step_ms(self) -> float:
        return self.config.measurement_interval_ms

    def settings(self) -> dict[str, Any]:
        """The config, with the cells under the names that the Wi-Fi network knows."""
        settings = super().settings()
        settings["wifi_ap_locations"] = settings.pop("cell_locations")
        settings["wifi"]["tx_power_dbm"] = settings["wifi"].pop("user_tx_power_dbm")
        settings["wifi"]["enable_rx_signal_based_handover"] = True
        return settings

    def observation(self, stats: Stats) -> np.ndarray:
        rows = np.stack([stats[name] for name in self.config.features], axis=-2).astype(np.float32)
        return np.clip(rows, self.low, self.high)

    def reward(self, stats: Stats) -> PerNetwork:
        """Served fraction - energy_weight * normalised power - qos_weight * share of users whose QoS is not met.

        In [-energy_weight - qos_weight, 1]. The served fraction is delivered over offered traffic, at most 1 (1 if
        nothing was offered); power is 0 with every cell asleep and 1 with every cell transmitting all the time.
        """
        weights = self.config.reward
        violated = 1 - mean(stats["user::qos_met"])
        cost = weights.energy_weight * self.normalised_power(stats) + weights.qos_weight * violated
        return served_fraction(stats) - cost

    def normalised_power(self, stats: Stats) -> PerNetwork:
        """0 with every cell asleep, 1 with every cell transmitting all the time at the highest level."""
        power, chains = self.config.power, self.config.power.n_trx * len(self.config.cell_locations)
        most_w = power.p0_w + power.delta_p * 10 ** (self.config.tx_power_levels_dbm[-1] / 10 - 3)
        range_w = chains * (most_w - power.p_sleep_w)
        if range_w <= 0:  # a model that draws the same in every state has nothing to save
            return 0.0
        return kept((number(stats["network::power"][..., 0]) - chains * power.p_sleep_w) / range_w, 0.0, 1.0)

    def encode_action(self, action: Any) -> np.ndarray | None:
        if is_empty(action):
            return None
        return discrete_action(action, self.action_space, many=True).astype(np.float64)

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        """The level that each cell was ordered to take; waking takes a while."""
        return stats["cell::ordered"].astype(np.int64)

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        owd = stats["user::owd"]
        return {
            "served_rate_mbps": total(stats["user::rate"]),
            "offered_rate_mbps": total(stats["user::tx_rate"]),
            "served_pct": 100 * served_fraction(stats),
            "power_w": number(stats["network::power"][..., 0]),
            "energy_j": total(stats["cell::energy"]),
            "energy_per_bit_j_per_mbit": number(stats["network::energy_per_bit"][..., 0]),
            "qos_users_pct": 100 * mean(stats["user::qos_met"]),
            "owd_ms": mean_where(owd > 0, owd),
            "loss_pct": mean(stats["user::loss"]),
            "active_cells": total(stats["cell::state"] > 0),
        }


def served_fraction(stats: Stats) -> PerNetwork:
    """Delivered over offered traffic of all users, in [0, 1]; 1 if nothing was offered."""
    served, offered = stats["user::rate"].sum(axis=-1), stats["user::tx_rate"].sum(axis=-1)
    return number(np.where(offered > 0, np.minimum(served / np.where(offered > 0, offered, 1.0), 1.0), 1.0))
