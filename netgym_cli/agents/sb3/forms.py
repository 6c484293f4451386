"""Spaces in the form that Stable-Baselines3 takes, and members of an environment's spaces in that form and back.

The library counts choices from 0 and in 64 bits, keeps several of them along one axis, and has no observation without
an axis. It stores actions in the dtype of their space, so the actions of a learner of floats must be floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.agents.normalization import Bounds
from netgym_cli.envs.actions import edges, holds_whole_numbers

OBSERVED = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


@dataclass(frozen=True)
class Forms:
    """An environment's spaces and those of its learner, and how a member of one becomes a member of the other.

    Attributes:
        observations, actions: the environment's spaces.
        bounds: actions that a learner's -1 and 1 stand for; None: it acts in the environment's own numbers.
        listed: whether an observation that is one choice becomes a list of one, which a replay buffer needs.
    """

    observations: spaces.Space[Any]
    actions: spaces.Space[Any]
    bounds: Bounds | None
    listed: bool = False

    @cached_property
    def observation_space(self) -> spaces.Space[Any]:
        """The learner's; the environment's own, the same object, where the library takes that."""
        if self.listed and isinstance(self.observations, spaces.Discrete):
            return spaces.MultiDiscrete([int(self.observations.n)])
        return _observed_as(self.observations)

    @cached_property
    def action_space(self) -> spaces.Space[Any]:
        """The learner's; the environment's own, the same object, where the library takes that."""
        if self.bounds is not None:
            return spaces.Box(-1, 1, self.actions.shape or (1,), np.float32)
        if isinstance(self.actions, spaces.Box):
            if self.actions.shape and not holds_whole_numbers(self.actions):
                return self.actions
            low, high = (np.atleast_1d(bound).astype(np.float32) for bound in edges(self.actions))
            return spaces.Box(low, high)
        return _counted_from_0(self.actions)

    def observe(self, observation: Any) -> Any:
        """An observation of the environment, or several along leading axes, as the learner's."""
        if self.observation_space is self.observations:
            return observation
        if not isinstance(self.observations, spaces.Dict):
            return _as_learners(observation, self.observations, self.observation_space)
        assert isinstance(self.observation_space, spaces.Dict)
        return {
            key: _as_learners(observation[key], part, self.observation_space[key])
            for key, part in self.observations.items()
        }

    def act(self, action: Any) -> Any:
        """An action of the learner, or several along leading axes, as the environment's.

        The environment rounds it where it wants whole numbers.
        """
        leading = np.shape(action)[: np.ndim(action) - len(self.action_space.shape or ())]
        shape = (*leading, *(self.actions.shape or ()))
        if self.bounds is not None:
            return self.bounds.stretch(action).reshape(shape)
        if self.action_space is self.actions:
            return action
        if isinstance(self.actions, spaces.Box):
            return np.reshape(action, shape)
        counted: np.ndarray = np.reshape(action, shape)
        return counted + getattr(self.actions, "start", 0)

    def taken(self, actions: np.ndarray) -> np.ndarray:
        """The inverse of `act` for actions of the environment along a leading axis."""
        if self.bounds is not None:
            return self.bounds.shrink(actions)
        if isinstance(self.actions, spaces.Box):
            return np.asarray(actions, np.float32)
        counted = np.asarray(_as_learners(actions, self.actions, self.action_space))
        return counted.astype(np.float32) if isinstance(self.actions, spaces.MultiBinary) else counted


def why_not(observations: spaces.Space[Any]) -> str | None:
    """Why the library cannot observe members of this space, as what it needs instead; None if it can."""
    parts = observations.spaces if isinstance(observations, spaces.Dict) else {"": observations}
    kinds = ", ".join(kind.__name__ for kind in OBSERVED)
    if not parts or not all(isinstance(part, OBSERVED) for part in parts.values()):
        return f"needs observations that are one {kinds} or a Dict of these"
    if any(0 in (part.shape or ()) for part in parts.values()):
        return "needs observations that have entries"
    if any("." in key for key in parts):
        return "needs observations whose keys have no dot"
    return None


def _observed_as(space: spaces.Space[Any]) -> spaces.Space[Any]:
    if isinstance(space, spaces.Dict):
        parts: Mapping[str, spaces.Space[Any]] = {key: _observed_as(part) for key, part in space.items()}
        same = all(parts[key] is part for key, part in space.items())
        return space if same else spaces.Dict(dict(parts))
    if isinstance(space, spaces.Box) and space.shape == ():
        return spaces.Box(space.low.reshape(1), space.high.reshape(1), dtype=space.dtype)  # type: ignore[arg-type]
    return _counted_from_0(space)


def _counted_from_0(space: spaces.Space[Any]) -> spaces.Space[Any]:
    if isinstance(space, spaces.Discrete):
        plain: spaces.Space[Any] = spaces.Discrete(int(space.n))
    elif isinstance(space, spaces.MultiDiscrete):
        plain = spaces.MultiDiscrete(space.nvec.ravel())
    elif isinstance(space, spaces.MultiBinary):
        plain = spaces.MultiBinary(int(np.prod(space.shape)))
    else:
        return space
    return space if plain == space else plain


def _as_learners(values: Any, space: spaces.Space[Any], learners: spaces.Space[Any]) -> Any:
    if learners is space:
        return values
    shape, array = space.shape or (), np.asarray(values)
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete):
        array = array.astype(np.int64) - space.start
    return array.reshape((*array.shape[: array.ndim - len(shape)], *(learners.shape or ())))
