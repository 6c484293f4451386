"""Any environment that `gymnasium.make` knows, with its own observations, actions, rewards and terminations."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.common import user_modules
from netgym_cli.common.errors import ActionError, ConfigError
from netgym_cli.config.schema import EnvConfig
from netgym_cli.envs.actions import NUMBERS, holds_whole_numbers
from netgym_cli.envs.base import Adapter
from netgym_cli.simulators.stats import Stats

log = logging.getLogger(__name__)


@dataclass
class GymConfig(EnvConfig):
    """Keys of conf/env/gym.yaml."""

    id: str = MISSING
    kwargs: dict[str, Any] | None = MISSING


class GymAdapter(Adapter[GymConfig]):
    """Passes everything on. There is no default algorithm, no measurement and no simulated time."""

    config_schema = GymConfig
    required_simulator = "gymnasium"
    scenario = "gymnasium"
    has_default: ClassVar[bool] = False
    external_env: ClassVar[bool] = True

    def __init__(self, config: GymConfig) -> None:
        super().__init__(config)
        if ":" in config.id:
            user_modules.allow()
        try:
            env = gymnasium.make(config.id, **(config.kwargs or {}))
        except Exception as error:  # its constructor is code of others
            raise ConfigError(
                f"env.id is {config.id!r} with env.kwargs {config.kwargs}, and gymnasium.make says: {error} "
                "Give the id of a registered environment, such as CartPole-v1, or importable.module:Id-v0."
            ) from error
        self.observation_space, self.action_space = env.observation_space, env.action_space
        env.close()
        self.observation_labels = _labels(self.observation_space)

    @property
    def step_ms(self) -> float:
        return 0.0

    def observation(self, stats: Stats) -> Any:
        observation = stats.payload.observation
        if isinstance(self.observation_space, spaces.Box):
            return np.asarray(observation, self.observation_space.dtype)
        return observation

    def reward(self, stats: Stats) -> float:
        return float(stats.payload.reward)

    def ending(self, stats: Stats) -> tuple[bool, bool]:
        return stats.payload.terminated, stats.payload.truncated

    def encode_action(self, action: Any) -> Any:
        """The action as the environment wants it. Raises `ActionError` for one outside the space, and the empty one."""
        space = self.action_space
        if action is None:
            raise ActionError(
                f"the action is empty, and {self.config.id} has no default algorithm; give one of {space}."
            )
        if isinstance(space, spaces.Box) and not holds_whole_numbers(space):
            action = np.asarray(action, space.dtype)
        if action not in space:
            raise ActionError(f"action is {action!r}; allowed: {space}.")
        return action

    def effective_action(self, action: Any, stats: Stats) -> Any:
        space = self.action_space
        return np.asarray(action, space.dtype) if isinstance(space, NUMBERS) else action

    def kpis(self, stats: Stats) -> dict[str, float]:
        return {}


def _labels(space: spaces.Space[Any]) -> tuple[str, ...]:
    count = space.shape[0] if space.shape else 1
    return tuple(f"as the environment documents ({k})" for k in range(count)) if len(space.shape or ()) <= 1 else ()
