"""Policies that treat the users of an environment alike: where its spaces list them, and which environments have any.

Users stand here for whatever an adapter's `entities` names: users, slices, cells or flows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.space_text import short_text
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.base import Adapter, env_registry

PER_USER = "per_user"
BY_ENV = "by_env"


@dataclass(frozen=True)
class EntityAxes:
    """Where the spaces of an environment list its users.

    An observation is a Box with a column for each. An action has a part for each, of equal bounds or choices.

    Attributes:
        last: whether an action lists kind by kind, each for all users, and not user by user.
    """

    last: bool

    @classmethod
    def of(cls, adapter: Adapter[Any]) -> EntityAxes | None:
        """Those of an environment; None if it has no users."""
        return None if adapter.entities is None else cls(adapter.entities_last)

    def objection(self, observations: spaces.Space[Any], actions: spaces.Space[Any]) -> str | None:
        """Why a policy cannot treat the users in these spaces alike; None if it can."""
        if not isinstance(observations, spaces.Box) or len(observations.shape) != 2:
            return f"needs observations with one column per user, and not {short_text(observations)} (channel=none)"
        if not isinstance(actions, spaces.Box | spaces.MultiDiscrete):
            return f"needs Box or MultiDiscrete actions, and not {short_text(actions)}"
        users, entries = observations.shape[1], int(np.prod(actions.shape))
        alike = entries % users == 0 and all(
            (parts == parts[:, :1]).all() for parts in (self._by_entry(bound, users) for bound in _bounds(actions))
        )
        return None if alike else f"needs the same actions for each of the {users} users, and not {short_text(actions)}"

    def of_one(self, actions: spaces.Space[Any], users: int) -> spaces.Box | spaces.MultiDiscrete:
        """The actions of one user, along one axis."""
        first = [self._by_entry(bound, users)[:, 0] for bound in _bounds(actions)]
        if isinstance(actions, spaces.MultiDiscrete):
            return spaces.MultiDiscrete(first[0])
        return spaces.Box(first[0], first[1], dtype=actions.dtype)  # type: ignore[arg-type]

    def _by_entry(self, values: np.ndarray, users: int) -> np.ndarray:
        """Values of an action's shape with one row per entry of a user's part and one column per user."""
        return values.reshape(-1, users) if self.last else values.reshape(users, -1).T


def _bounds(actions: spaces.Space[Any]) -> tuple[np.ndarray, ...]:
    return (actions.nvec,) if isinstance(actions, spaces.MultiDiscrete) else (actions.low, actions.high)  # type: ignore[attr-defined]


def policy_for(policy: str, spec: AgentSpec) -> str:
    """`policy` with `by_env` replaced by what it stands for in an environment, behind its channels."""
    if policy != BY_ENV:
        return policy
    axes = EntityAxes.of(spec.adapter) if spec.adapter.entities == "users" else None
    alike = axes is not None and axes.objection(spec.observation_space, spec.action_space) is None
    return PER_USER if alike else "auto"


def axes_for(adapter: Adapter[Any], observations: spaces.Space[Any], actions: spaces.Space[Any]) -> EntityAxes:
    """Where the spaces list the users, for a policy `per_user`. Raises `ConfigError` if they do not."""
    if (axes := EntityAxes.of(adapter)) is None:
        having: dict[str, list[str]] = {}
        for name in env_registry.names():
            if (entities := env_registry.load(name).entities) is not None:
                having.setdefault(entities, []).append(name)
        known = "; ".join(f"{entities}: {', '.join(names)}" for entities, names in having.items())
        raise ConfigError(
            f"agent.policy is 'per_user', and env '{adapter.config.name}' has no users that a policy could treat "
            f"alike; allowed: auto. Environments that have {known}. An adapter of your own says so by `entities`."
        )
    if (objection := axes.objection(observations, actions)) is not None:
        raise ConfigError(f"agent.policy is 'per_user', which {objection}; write agent.policy=auto.")
    return axes
