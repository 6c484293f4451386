"""What each of several observers sees of an environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import require
from netgym_cli.wrappers.windows import boxes


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
            len(set(observer_ids)) == len(observer_ids) > 0, "observer_ids", observer_ids, "one name or more, each once"
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

    @classmethod
    def shared_out(cls, space: gymnasium.Space[Any], count: int) -> MultiViewModel:
        """`count` observers of one environment: of a Dict, each sees one entry; of a Box, each sees the whole.

        Raises `ConfigError` for a Dict with another number of entries, and for other spaces.
        """
        if not isinstance(space, spaces.Dict):
            return cls.whole([f"station_{k}" for k in range(count)], space)
        parts = boxes(space)
        require(len(parts) == count, "channel.stations", count, f"{len(parts)}, one for each entry of the observations")
        model = _Entries(list(parts), [part.shape for part in parts.values()], [part.dtype for part in parts.values()])
        model.spaces = parts
        return model

    def observe(self, env: gymnasium.Env[Any, Any], state: Any) -> dict[str, Any]:
        """Each observer's view by name.

        Args:
            env: the wrapped environment.
            state: its observation.
        """
        return dict.fromkeys(self.observer_ids, state)


class _Entries(MultiViewModel):
    """Each observer sees the entry of its name."""

    def observe(self, env: gymnasium.Env[Any, Any], state: Any) -> dict[str, Any]:
        return dict(state)


def _bounds(dtype: Any) -> tuple[Any, Any]:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return -np.inf, np.inf
    limits = np.iinfo(kind)
    return limits.min, limits.max
