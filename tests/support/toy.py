"""A tiny environment on a simulator written in Python, for tests of everything that is not ns-3.

Three users on two links; the statistics are drawn from the session's seed and shifted by the policy, so equal seeds and
actions give equal numbers. The simulator can be told to fail at a given step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.common.errors import ActionError, SimulatorDied
from netgym_cli.config.schema import EnvConfig
from netgym_cli.envs.base import Adapter, is_empty
from netgym_cli.simulators.base import Simulator
from netgym_cli.simulators.stats import Layout, Row, Stats

USERS = 3


@dataclass
class ToyConfig(EnvConfig):
    num_users: int = MISSING
    fail_at_step: int = MISSING


class ToyAdapter(Adapter[ToyConfig]):
    config_schema = ToyConfig
    required_simulator = "tests.support.toy:ToySimulator"
    scenario = "toy"
    observation_labels = ("rate, Mbit/s",)

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.observation_space = spaces.Box(0, 100, (1, config.num_users), np.float32)
        self.action_space = spaces.Box(0, 1, (config.num_users,), np.float32)

    @property
    def step_ms(self) -> float:
        return 100.0

    def observation(self, stats: Stats) -> np.ndarray:
        return stats["toy::dl::rate"].astype(np.float32)[None, :]

    def reward(self, stats: Stats) -> float:
        return float(stats["toy::dl::rate"].mean())

    def encode_action(self, action: Any) -> np.ndarray | None:
        if is_empty(action):
            return None
        array = np.asarray(action, dtype=np.float64)
        if array.shape != self.action_space.shape or not np.isfinite(array).all():
            raise ActionError(f"action {action!r} must be finite and of shape {self.action_space.shape}")
        return array

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        half = np.full(self.config.num_users, 0.5)
        return np.asarray(half if is_empty(action) else action, self.action_space.dtype)

    def kpis(self, stats: Stats) -> dict[str, float]:
        return {"rate_mbps": self.reward(stats)}


class ToyChoices(ToyAdapter):
    """The same with three choices per user: no weight, half of it, all of it."""

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.action_space = spaces.MultiDiscrete([3] * config.num_users)

    def encode_action(self, action: Any) -> np.ndarray | None:
        if not is_empty(action) and np.asarray(action) not in self.action_space:
            raise ActionError(f"action {action!r} must be in {self.action_space}")
        return None if is_empty(action) else np.asarray(action) / 2


class ToySimulator(Simulator):
    started = 0  # how many lives there were, over all instances

    def start(self, scenario: str, settings: Mapping[str, Any], seed: int) -> Stats:
        type(self).started += 1
        self.rng = np.random.default_rng(seed)
        self.users, self.fail_at_step = settings["num_users"], settings["fail_at_step"]
        self.layout = Layout((Row("toy", "dl::rate", "Mbit/s", tuple(range(1, self.users + 1))),))
        self.steps, self.now_ms = 0, 1000.0
        return self.step(None)

    def step(self, policy: np.ndarray | None) -> Stats:
        if self.fail_at_step and self.steps == self.fail_at_step:
            raise SimulatorDied(f"toy simulator failed at step {self.steps}, as configured")
        self.steps += 1
        self.now_ms += 100
        weights = np.full(self.users, 0.5) if policy is None else policy
        return Stats(self.layout, self.now_ms, 10 * weights + self.rng.random(self.users), self.steps * 7)

    def close(self) -> None:
        pass
