"""Users whose flows share one bottleneck link, as a fluid model in NumPy: no ns-3, thousands of steps per second."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from netgym_cli.simulators import Layout, Row, Simulator, Stats

UNITS = {"rate": "Mbit/s", "tx_rate": "Mbit/s", "owd": "ms", "loss": "%"}


class StadiumPythonSimulator(Simulator):
    """One session. The same seed gives the same numbers, because everything is drawn from one generator."""

    def start(self, scenario: str, settings: Mapping[str, Any], seed: int) -> Stats:
        """Builds the network and returns the measurement of the first interval."""
        self.settings, self.random = settings, np.random.default_rng(seed)
        self.users = settings["num_users"]
        default_mbps = settings["default_load"] * settings["bottleneck_mbps"] / self.users
        self.default = np.full(self.users, min(default_mbps, settings["max_rate_mbps"]))
        self.packet_mbit = settings["packet_size_bytes"] * 8e-6
        self.interval_s = settings["measurement_interval_ms"] / 1e3
        ids = tuple(range(1, self.users + 1))
        self.layout = Layout(tuple(Row("stadium_python", name, unit, ids) for name, unit in UNITS.items()))
        self.queue = np.zeros(self.users)  # packets of each user that wait
        self.now_ms = float(settings["measurement_start_time_ms"])
        return self.step(None)

    def step(self, policy: np.ndarray | None) -> Stats:
        """One interval with the sending rates `policy`, Mbit/s; None: equal shares."""
        rates = self.default if policy is None else policy
        sent = self.random.poisson(rates * self.interval_s / self.packet_mbit)
        waited = self.queue.sum()
        due = self.queue + sent
        capacity = self.settings["bottleneck_mbps"] * self.interval_s / self.packet_mbit  # packets per interval
        served = due * min(1.0, capacity / max(due.sum(), 1e-9))
        rest = due - served
        lost = rest * max(0.0, 1 - self.settings["queue_packets"] / max(rest.sum(), 1e-9))
        self.queue = rest - lost
        queueing_ms = 1e3 * (waited + self.queue.sum()) / 2 * self.packet_mbit / self.settings["bottleneck_mbps"]
        self.now_ms += 1e3 * self.interval_s + self.settings["measurement_guard_interval_ms"]
        mbps = self.packet_mbit / self.interval_s
        rows = (
            served * mbps,
            sent * mbps,
            np.full(self.users, self.settings["bottleneck_delay_ms"] + queueing_ms),
            100 * lost / np.maximum(due, 1),
        )
        return Stats(self.layout, self.now_ms, np.concatenate(rows))

    def close(self) -> None:
        """Nothing to release."""
