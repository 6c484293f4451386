"""The toy network with users that a policy may treat alike: two measurements and two weights for each of them."""

from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.simulators.stats import Stats
from tests.support.toy import ToyAdapter, ToyConfig


class ToyUsers(ToyAdapter):
    entities = "users"
    actions_are_shares = True

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.observation_space = spaces.Box(0, 100, (2, config.num_users), np.float32)
        self.action_space = spaces.Box(0, 1, (config.num_users, 2), np.float32)

    def observation(self, stats: Stats) -> np.ndarray:
        rate = stats["toy::dl::rate"].astype(np.float32)
        return np.stack([rate, np.arange(len(rate), dtype=np.float32)])

    def encode_action(self, action: Any) -> np.ndarray | None:
        return np.asarray(action, np.float64)[:, 0]


class ToyMarks(ToyUsers):
    """Choices kind by kind, each for all users: one of two, and one of three."""

    entities_last = True
    actions_are_shares = False

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.action_space = spaces.MultiDiscrete(np.repeat([2, 3], config.num_users))

    def encode_action(self, action: Any) -> np.ndarray | None:
        return np.asarray(action, np.float64)[: self.config.num_users]
