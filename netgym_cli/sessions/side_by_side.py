"""What happened in all slots of a session at once, for observers that take it whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from netgym_cli.envs.base import Adapter, is_empty
from netgym_cli.sessions.step import EpisodeStart, Step
from netgym_cli.simulators.stats import Stats


@dataclass(frozen=True)
class EpisodeStarts:
    """As `EpisodeStart`, of n slots: `seeds` has n entries; `observations` and `stats` have a leading axis of n."""

    session: int
    episode: int
    seeds: np.ndarray
    observations: np.ndarray
    stats: Stats

    def of(self, env: int) -> EpisodeStart:
        """What `reset` returned in slot `env`."""
        seed = int(self.seeds[env])
        stats = self.stats.network(env)
        return EpisodeStart(self.session, self.episode, seed, self.observations[env], {}, stats, env)


@dataclass(frozen=True)
class Steps:
    """As `Step`, of n slots, which end episodes and sessions together.

    Attributes:
        seeds, rewards: shape `(n,)`.
        wall_ms: time that the simulation of all took, divided by n.
        kpis: each float64 of shape `(n,)`.
        stats: with a leading axis of n, what the environment's config subscribes to.
        measured: the same, the whole measurement.
        observations: shape `(n, ...)`.
        actions: as they reached the networks, along a first axis or in a list.
        adapter: tells the actions in force.
        chosen: one per slot as the agent chose it, or None for the default algorithm in all.
    """

    session: int
    episode: int
    step: int
    seeds: np.ndarray
    wall_ms: float
    rewards: np.ndarray
    terminated: bool
    truncated: bool
    kpis: Mapping[str, np.ndarray]
    stats: Stats
    measured: Stats
    observations: np.ndarray
    actions: Any
    adapter: Adapter[Any]
    chosen: Any = None

    @property
    def n_envs(self) -> int:
        """Number of slots, n."""
        return len(self.rewards)

    @property
    def sim_time_ms(self) -> np.ndarray:
        """Simulated time of every slot, ms, float64 of shape `(n,)`."""
        return np.asarray(self.measured.ts_ms)

    def of(self, env: int) -> Step:
        """The step of slot `env`."""
        action, measured = self.actions[env], self.measured.network(env)
        return Step(
            session=self.session,
            episode=self.episode,
            step=self.step,
            seed=int(self.seeds[env]),
            sim_time_ms=measured.ts_ms,
            wall_ms=self.wall_ms,
            events=measured.events,
            reward=float(self.rewards[env]),
            terminated=self.terminated,
            truncated=self.truncated,
            terminal=False,
            kpis={name: float(values[env]) for name, values in self.kpis.items()},
            stats=self.stats.network(env),
            observation=self.observations[env],
            action=None if is_empty(action) else action,
            effective_action=partial(self.adapter.effective_action, action, measured),
            info={},
            env=env,
            chosen=None if self.chosen is None else self.chosen[env],
        )
