"""How often processes under an environment died and were replaced: its simulator's, and those of its channels."""

from __future__ import annotations

from typing import Any

import gymnasium


class Recoveries:
    """Counts those of one environment.

    Args:
        env: perhaps behind channels; the wrappers that have any tell theirs as `recoveries`, as the network does.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        self._layers: list[Any] = []
        self._told = 0
        layer: Any = env
        while layer is not None:
            if hasattr(type(layer), "recoveries"):
                self._layers.append(layer)
            layer = layer.env if isinstance(layer, gymnasium.Wrapper) else None

    def new(self) -> int:
        """Number of those since the last call."""
        before, self._told = self._told, sum(layer.recoveries for layer in self._layers)
        return self._told - before
