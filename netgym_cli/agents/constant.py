"""One action for ever: the simplest thing that adapting has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.adapters import Adapter
from netgym_cli.agents import Agent
from netgym_cli.config import AgentConfig, require
from netgym_cli.session import SequentialSessions

Numbers = spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary


@dataclass
class ConstantConfig(AgentConfig):
    """Keys of conf/agent/constant.yaml."""

    action: Any = MISSING


class Constant(Agent[ConstantConfig]):
    """Takes `agent.action` at every step."""

    config_schema = ConstantConfig

    @classmethod
    def refuses(cls, adapter: Adapter[Any]) -> str | None:
        return None if isinstance(adapter.action_space, Numbers) else "needs an action space of numbers"

    def check(self, adapter: Adapter[Any], steps: int) -> None:
        action_of(self.config.action, adapter.action_space)

    def begin(self, env: SequentialSessions, seed: int) -> None:
        self._action = action_of(self.config.action, env.action_space)

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        return self._action.copy()


def action_of(value: Any, space: spaces.Space[Any]) -> np.ndarray:
    """The action in `space` that `value` stands for, broadcast to its shape.

    Args:
        value: a number, a nested list, or None for the middle of a Box or the first choice of another space.
        space: one of `Numbers`.

    Raises:
        ConfigError: no such action.
    """
    allowed = f"null, or a number or (nested) list of numbers that makes an action of {space}"
    if value is None:
        value = getattr(space, "start", 0)
        if isinstance(space, spaces.Box):
            bounded = bool(np.isfinite([space.low, space.high]).all())
            require(bounded, "agent.action", None, f"a number or (nested) list, as {space} has no middle")
            value = (space.low.astype(np.float64) + space.high) / 2
    try:
        array = np.array(value)
        require(array.dtype.kind in "iuf", "agent.action", value, allowed)
        action: np.ndarray = np.broadcast_to(array, space.shape or ()).astype(space.dtype)
    except ValueError as error:  # ConfigError is one, too, and tells the same
        require(False, "agent.action", value, f"{allowed}, of shape {space.shape}")
        raise AssertionError from error
    whole = array.dtype.kind != "f" or isinstance(space, spaces.Box) or bool((array == np.round(array)).all())
    require(whole and space.contains(action), "agent.action", value, allowed)
    return action
