"""What an adapter makes of many networks that were simulated side by side.

An adapter that is `batched` answers for all of them at once, along its last axes; another one network by network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ActionError, SimulatorError
from netgym_cli.envs.actions import environment_action, is_empty
from netgym_cli.envs.answers import is_reward, kpis_of, wrong_answer
from netgym_cli.envs.base import Adapter
from netgym_cli.simulators.stats import Stats

Moment = tuple[int, int, int]  # session, episode and step, from 0, for messages


class ManyNetworks:
    """An adapter's observations, rewards, indicators and controls of n networks, checked as `NetworkEnv` checks one's.

    Args:
        adapter: the environment's; its observations are a Box.
        networks: their number, n.
    """

    def __init__(self, adapter: Adapter[Any], networks: int) -> None:
        self.adapter, self.networks = adapter, networks
        assert isinstance(adapter.observation_space, spaces.Box)
        self._observed: spaces.Box = adapter.observation_space
        actions = adapter.action_space
        self._acting = None
        if isinstance(actions, spaces.Box):
            low, high = (np.repeat(bound[None], networks, axis=0) for bound in (actions.low, actions.high))
            self._acting = spaces.Box(low, high, dtype=actions.dtype)  # type: ignore[arg-type]

    def measured(self, stats: Stats, call: str, when: Moment) -> Stats:
        """`stats` of all networks, which a simulator answered to `call`.

        Raises `SimulatorError` for a wrong shape or NaN.
        """
        session, episode, step = when
        where = f"the simulator's {call}() in step {step} of episode {episode}, session {session}"
        if stats.values.shape != (self.networks, stats.layout.size):
            raise SimulatorError(
                f"{where} answered values of shape {stats.values.shape}; "
                f"allowed: {(self.networks, stats.layout.size)}, as its layout says."
            )
        if np.isnan(stats.values).any():
            env = int(np.isnan(stats.values).any(axis=-1).argmax())
            rows = [row.key for row in stats.layout.rows if np.isnan(stats[row.key][env]).any()]
            raise SimulatorError(f"{where} measured NaN in env {env} as {', '.join(rows)}; allowed: numbers.")
        return stats

    def observations(self, stats: Stats, when: Moment) -> np.ndarray:
        """Observations, of shape `(n, ...)`. Raises `AdapterError` for one outside the space."""
        observe, space = self.adapter.observation, self._observed
        many = observe(stats) if self.adapter.batched else np.stack([observe(each) for each in self._each(stats)])
        inside = many.dtype == space.dtype and many.shape == (self.networks, *space.shape)
        if not (inside and ((many >= space.low) & (many <= space.high)).all()):
            env = next((env for env, each in enumerate(many) if not space.contains(each)), 0)
            raise wrong_answer(self.adapter, "observation", many[env], str(space), when, env)
        return many  # type: ignore[no-any-return]

    def rewards(self, stats: Stats, when: Moment) -> np.ndarray:
        """Rewards, float64 of shape `(n,)`. Raises `AdapterError` for one that is not finite."""
        reward = self.adapter.reward
        many: Any = reward(stats) if self.adapter.batched else [reward(each) for each in self._each(stats)]
        if np.shape(many) != (self.networks,):
            raise wrong_answer(self.adapter, "reward", many, f"{self.networks} numbers, as `batched` promises", when)
        numbers = isinstance(many, np.ndarray) and many.dtype == np.float64
        if not (np.isfinite(many).all() if numbers else all(map(is_reward, many))):
            env = next(env for env, value in enumerate(many) if not is_reward(value))
            raise wrong_answer(self.adapter, "reward", many[env], "a finite number", when, env)
        return np.asarray(many, np.float64)

    def kpis(self, stats: Stats) -> dict[str, np.ndarray]:
        """Key performance indicators, each float64 of shape `(n,)`. Raises `AdapterError` for what is no number."""
        if self.adapter.batched:
            return {name: np.asarray(values, np.float64) for name, values in self.adapter.kpis(stats).items()}
        each = [kpis_of(self.adapter, one) for one in self._each(stats)]
        return {name: np.array([kpis[name] for kpis in each], np.float64) for name in each[0]}

    def taken(self, actions: Any) -> Any:
        """Actions as they reach the networks: an array along a first axis, or a list where some are empty.

        Args:
            actions: one per network along the first axis, or a list of them, or None for the default algorithm in all.

        Raises:
            ActionError: they cannot be the environment's.
        """
        space = self.adapter.action_space
        if actions is None:
            return [None] * self.networks
        if len(actions) != self.networks:
            raise ActionError(f"there are {len(actions)} actions; allowed: {self.networks}, one per network.")
        if isinstance(actions, np.ndarray) and self._acting is not None:
            return environment_action(actions, self._acting)
        each = [environment_action(action, space) for action in actions]
        return each if any(map(is_empty, each)) else np.stack(each)

    def controls(self, taken: Any) -> np.ndarray | None:
        """Control vectors for what `taken` gave, float64 of shape `(n, size)`; NaN rows for the default algorithm.

        None if the default algorithm decides in all networks. Raises `ActionError` as `Adapter.encode_action` does.
        """
        if isinstance(taken, np.ndarray) and self.adapter.batched:
            return self.adapter.encode_action(taken)
        rows = [self.adapter.encode_action(action) for action in taken]
        return _with_gaps(rows)

    def _each(self, stats: Stats) -> list[Stats]:
        return [stats.network(place) for place in range(self.networks)]


def _with_gaps(rows: Sequence[np.ndarray | None]) -> np.ndarray | None:
    size = next((row.size for row in rows if row is not None), 0)
    return np.stack([np.full(size, np.nan) if row is None else row for row in rows]) if size else None
