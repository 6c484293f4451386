"""Sessions lived by several simulators at once, waited for in one thread or each in a thread of its own.

Simulators in processes of their own step from the calling thread. What computes in this process, or stands behind
channels, has a thread per slot, as all have for beginnings and ends: a thread waits in the operating system while its
simulator computes, so N threads keep N worker processes busy.

What comes of a step is gathered when the slowest simulator has done it, in the order of the slots. A simulator is slow
where its network is congested: an agent that took whichever answers first would learn from the quiet networks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import gymnasium
import numpy as np

from netgym_cli.common.errors import SessionError, SimulatorError
from netgym_cli.sessions.calling_thread import CallingThread, Outcome
from netgym_cli.sessions.one_thread import OneThread
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.stacking import stacked
from netgym_cli.sessions.step import EpisodeStart, Observer, Step
from netgym_cli.sessions.vector import VectorSessions

CLOSE_S = 0.2  # in which simulators end when they are asked to
PATIENCE_S = 10.0  # for those that were interrupted
AGAIN_S = 0.05  # between two interruptions: one may come before there is a process to end


class ParallelSessions(VectorSessions):
    """Walks through the plan on one environment per slot, all at once; equal to the bit however long each step takes.

    The environments may be any, also behind channels. What observers hear is kept until every slot has answered.

    Args:
        envs: one environment per slot of the plan, not started yet.
        plan: the sessions, with the seeds of all slots.
        observers: called on everything that happens, in this order, in the thread that steps.
    """

    def __init__(self, envs: Sequence[gymnasium.Env[Any, Any]], plan: Plan, observers: Sequence[Observer] = ()) -> None:
        assert len(envs) == plan.n_envs
        self.n_envs, self.plan, self.observers = len(envs), plan, observers
        self._heard = [_Notes() for _ in envs]
        self._walks = [
            SequentialSessions(env, plan.slot(slot), [self._heard[slot]], slot) for slot, env in enumerate(envs)
        ]
        self.network = self._walks[0].network
        self.observation_space, self.action_space = self._walks[0].observation_space, self._walks[0].action_space
        self._one_thread = OneThread(self._walks)
        self._threads: list[CallingThread] = []
        self._unusable = self._closed = False

    @property
    def finished(self) -> bool:
        return any(walk.finished for walk in self._walks)

    def reset(self) -> Any:
        self._begin()
        observations = self._all({slot: walk.reset for slot, walk in enumerate(self._walks)})
        return stacked([observation for observation, _ in observations.values()], self.observation_space)

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        if self.finished:
            raise SessionError(f"step() after the last of {len(self.plan.configs)} sessions; the run is over.")
        if self._one_thread.able:
            answers = self._told(lambda: self._one_thread.step(actions))
        else:
            answers = self._all({slot: _step(walk, actions[slot]) for slot, walk in enumerate(self._walks)})
        observations, rewards, terminal, truncated, infos = map(list, zip(*answers.values(), strict=True))
        over = [slot for slot in range(self.n_envs) if terminal[slot] or truncated[slot]]
        for slot in over:
            infos[slot]["terminal_observation"] = deepcopy(observations[slot])  # arrays may be used again
        if self.finished:
            self._stop_others()
        else:
            for slot, (observation, _) in self._all({slot: self._walks[slot].reset for slot in over}).items():
                observations[slot] = observation
        flags = np.array(terminal, bool), np.array(truncated, bool)
        return stacked(observations, self.observation_space), np.array(rewards, np.float64), *flags, infos

    def keep_actions(self) -> None:
        for walk in self._walks:
            walk.keep_actions()

    def state(self) -> dict[str, Any] | None:
        slots = [walk.state() for walk in self._walks]
        return None if None in slots else {"slots": slots}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._begin()
        pairs = zip(self._walks, state["slots"], strict=True)
        self._all({slot: partial(walk.restore, saved) for slot, (walk, saved) in enumerate(pairs)})

    def _begin(self) -> None:
        if not self._threads:
            self._threads = [CallingThread(f"env {slot}") for slot in range(self.n_envs)]

    def close(self) -> None:
        """Ends all sessions: simulators that do not end when asked to, as in a step under way, are interrupted.

        Raises:
            SessionError: a simulator in this process goes on computing; its thread is left behind.
        """
        if self._closed:
            return
        self._closed = self._unusable = True
        if not self._threads:
            for walk in self._walks:
                walk.close()
            return
        for walk, thread in zip(self._walks, self._threads, strict=True):
            if walk.network.stepping:  # it was asked for in the calling thread, which was interrupted
                thread.ask(walk.network.step_receive)
            thread.end_after(walk.close)
        asked_at, busy = time.perf_counter(), list(range(self.n_envs))
        while busy and time.perf_counter() - asked_at < PATIENCE_S:
            for slot in busy:  # each may take a while, where a process does not answer
                if CLOSE_S < time.perf_counter() - asked_at < PATIENCE_S:
                    self._walks[slot].network.interrupt()
            self._threads[busy[0]].ended(AGAIN_S)
            busy = [slot for slot in busy if not self._threads[slot].ended(0)]
        if busy:
            raise SessionError(
                f"the simulator of env {', '.join(map(str, busy))} did not stop within {PATIENCE_S:g} s; it ends with "
                "this process."
            )
        for thread in self._threads:
            if (error := thread.last.error) is not None:
                raise error

    def _all(self, calls: dict[int, Callable[[], Any]]) -> dict[int, Any]:
        """Makes the calls at once, each on the thread of its slot. Returns and raises as `_told` does."""

        def made() -> dict[int, Outcome]:
            for slot, call in calls.items():
                self._threads[slot].ask(call)
            return {slot: self._threads[slot].outcome() for slot in calls}

        return self._told(made)

    def _told(self, made: Callable[[], dict[int, Outcome]]) -> dict[int, Any]:
        """Has calls made in some slots, tells the observers what happened there, and returns what they returned.

        Raises the first failure in the order of the slots, after all have answered.
        """
        if self._unusable:
            raise SessionError("the sessions were closed, or cut short by a failure, and cannot be continued.")
        self._unusable = True  # unless it comes to the end
        outcomes = made()
        for slot in outcomes:
            self._heard[slot].pass_on(self.observers)
        for slot, outcome in outcomes.items():
            if outcome.error is not None:
                raise self._placed(slot, outcome)
        self._unusable = False
        return {slot: outcome.value for slot, outcome in outcomes.items()}

    def _placed(self, slot: int, outcome: Outcome) -> BaseException:
        """The error of a slot, with the place where it happened."""
        error, walk, network = outcome.error, self._walks[slot], self._walks[slot].network
        assert error is not None
        where = f"env {slot} of {self.n_envs}, session {walk.session}"
        if network.session == walk.session:
            where += f", seed {network.session_seed}, episode {network.episode}, step {network.step_index}"
        elif walk.session >= 0:  # it could not be started
            where += f", seed {walk.plan.seeds[walk.session]}"
        if isinstance(error, SimulatorError) and error.args:
            error.args = (f"{where}: {error.args[0]}", *error.args[1:])
        else:
            error.add_note(where)
        return error

    def _stop_others(self) -> None:
        first = next(slot for slot, walk in enumerate(self._walks) if walk.finished)
        for slot, walk in enumerate(self._walks):
            walk.stop(f"env {first} had done all its sessions")
            self._heard[slot].pass_on(self.observers)


def _step(walk: SequentialSessions, action: Any) -> Callable[[], Any]:
    return lambda: walk.step(action)


class _Notes(Observer):
    """Keeps what happens in a slot until the observers are told."""

    def __init__(self) -> None:
        self._calls: list[tuple[str, tuple[Any, ...]]] = []

    def pass_on(self, observers: Sequence[Observer]) -> None:
        calls, self._calls = self._calls, []
        for method, arguments in calls:
            for observer in observers:
                getattr(observer, method)(*arguments)

    def session_started(self, *arguments: Any) -> None:
        self._calls.append(("session_started", arguments))

    def episode_started(self, start: EpisodeStart) -> None:
        self._calls.append(("episode_started", (start,)))

    def step(self, step: Step) -> None:
        self._calls.append(("step", (step,)))

    def episode_ended(self, *arguments: Any) -> None:
        self._calls.append(("episode_ended", arguments))

    def recovered(self, *arguments: Any) -> None:
        self._calls.append(("recovered", arguments))

    def session_ended(self, *arguments: Any) -> None:
        self._calls.append(("session_ended", arguments))
