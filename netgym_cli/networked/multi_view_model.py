"""What each of several observers sees of an environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from netgym_cli.config import require
from netgym_cli.errors import ConfigError


class MultiViewModel:
    """What each observer sees. Without a subclass, everybody sees the whole observation.

    Args:
        observer_ids: names of the observers.
        obs_shapes: shape of each observer's view.
        obs_dtypes: dtype of each observer's view.

    Attributes:
        spaces: Box of each observer's view, by name.

    Raises:
        ConfigError: the lists differ in length, or two names are equal.
    """

    def __init__(
        self, observer_ids: Sequence[str], obs_shapes: Sequence[tuple[int, ...]], obs_dtypes: Sequence[Any]
    ) -> None:
        lengths = (len(observer_ids), len(obs_shapes), len(obs_dtypes))
        require(len(set(lengths)) == 1, "observer_ids, obs_shapes, obs_dtypes", lengths, "equally many of each")
        require(
            len(set(observer_ids)) == len(observer_ids) > 0, "observer_ids", observer_ids, "one name or more, no twice"
        )
        self.observer_ids = list(observer_ids)
        self.spaces = {
            name: spaces.Box(*_bounds(dtype), tuple(shape), dtype)
            for name, shape, dtype in zip(observer_ids, obs_shapes, obs_dtypes, strict=True)
        }

    @classmethod
    def whole(cls, observer_ids: Sequence[str], space: gymnasium.Space[Any]) -> MultiViewModel:
        """Everybody sees the whole of `space`, a Box. Raises `ConfigError` for another space."""
        if not isinstance(space, spaces.Box):
            raise ConfigError(f"the observations are {space}; allowed for observers of the whole: a Box.")
        count = len(observer_ids)
        model = cls(observer_ids, [space.shape] * count, [space.dtype] * count)
        model.spaces = dict.fromkeys(observer_ids, space)
        return model

    def observe(self, env: gymnasium.Env[Any, Any], state: Any) -> dict[str, Any]:
        """Each observer's view by name.

        Args:
            env: the wrapped environment.
            state: its observation.
        """
        return dict.fromkeys(self.observer_ids, state)


def _bounds(dtype: Any) -> tuple[Any, Any]:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return -np.inf, np.inf
    limits = np.iinfo(kind)
    return limits.min, limits.max
