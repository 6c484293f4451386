"""Several walks through one plan side by side, as one environment for an agent that acts in all of them at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import SessionError
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.step import Observer


class VectorSessions(ABC):
    """N slots, each of which goes through all sessions of the plan with seeds of its own; all of them step together.

    The order of everything is step, then slot, whatever the timing: of rows in tables, of what observers hear, and of
    failures, the first of which in the order of the slots is the run's.

    A session's end is a plain truncation to the agent, as `SequentialSessions` tells it.

    Attributes:
        n_envs: number of slots, N.
        plan: the sessions, with the seeds of all slots.
        network: the environment of slot 0, for its adapter and its config.
        observation_space, action_space: those of one slot.
        observers: called on everything that happens, in this order; set them before the first `reset`.
    """

    n_envs: int
    plan: Plan
    network: NetworkEnv
    observation_space: spaces.Space[Any]
    action_space: spaces.Space[Any]
    observers: Sequence[Observer] = ()

    @property
    @abstractmethod
    def finished(self) -> bool:
        """True once a slot has done all its sessions.

        Slots of a network finish together. Those of an environment that ends its episodes itself do not, and the first
        that does ends the run, because an agent steps in all of them or in none.
        """

    @abstractmethod
    def reset(self) -> Any:
        """Begins the first session in every slot; called once.

        Returns:
            Observations of all slots, stacked along a new first axis, in the dtype of their space; for a Dict space a
            dictionary of such stacks.

        Raises:
            SimulatorError: a simulator could not be started.
        """

    @abstractmethod
    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """One step in every slot, and the reset of those whose episode ended by it.

        Args:
            actions: one per slot along the first axis, in the environment's own scale; empty (None) for the default
                algorithm where the sequence is a list.

        Returns:
            observations: as from `reset`; of a slot whose episode ended, the first of its next episode, or the last
                one again when the slot has finished.
            rewards: float64 of shape (N,).
            terminal: bool of shape (N,): a terminal state was reached, which a network never does.
            truncated: bool of shape (N,): the episode was cut off.
            infos: one dictionary per slot, as the environment's `step` returns it, or with nothing of that where all
                slots are simulated in one call. Where an episode ended, `terminal_observation` is its last observation;
                where a session did, `session_end` is true.

        Raises:
            SessionError: `finished`, or a failure came before.
            SimulatorError: a simulator failed; the message names slot, session, episode and step.
        """

    def keep_actions(self) -> None:
        """From the next session on, actions are kept, so that `state` can tell how to come here again."""
        raise SessionError(f"{type(self).__name__} cannot be continued in another process.")

    def state(self) -> dict[str, Any] | None:
        """Where all slots are, between two steps, for `restore` in another process; None if that cannot be told."""
        return None

    def restore(self, state: Mapping[str, Any]) -> None:
        """In place of the first `reset`: comes to where `state` was taken, as `SequentialSessions.restore` does."""
        raise SessionError(f"{type(self).__name__} cannot be continued in another process.")

    def updated(self, done: int, total: int) -> None:
        """For agents that learn between steps: tells the observers that `done` of `total` updates are done."""
        for observer in self.observers:
            observer.updated(done, total)

    @abstractmethod
    def close(self) -> None:
        """Ends all sessions and releases their simulators, with or without a step under way; harmless when repeated."""
