"""A plan's sessions one after the other, as one environment for the agent.

Indices count from 0: sessions in the run, episodes in the session, steps in the episode.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

import gymnasium
import numpy as np

from netgym_cli.common.errors import SessionError
from netgym_cli.envs.answers import Answer
from netgym_cli.envs.base import is_empty
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.sessions.action_log import ActionLog, checksum, require_same
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.recoveries import Recoveries
from netgym_cli.sessions.step import EpisodeStart, Observer, Step


class SequentialSessions(gymnasium.Wrapper[Any, Any, Any, Any]):
    """One environment for the agent; underneath, the plan's sessions one after the other, each on its own simulator.

    A session's end reaches the agent as a plain truncation with `info["session_end"]`, because it is a time limit and
    a learner has to bootstrap there. `reset` after the last session returns the last observation and starts nothing.

    The tables of the run follow every call, so it serves the process that made it alone, and cannot be copied.

    Args:
        env: the environment, perhaps behind channels, not started yet.
        plan: sessions to go through; exactly `len(plan.configs)` simulators are started.
        observers: called on everything that happens, in this order.
        slot: its number, from 0, among those that live the same sessions at once; it has its own plan.
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], plan: Plan, observers: Sequence[Observer] = (), slot: int = 0
    ) -> None:
        super().__init__(env)
        assert isinstance(env.unwrapped, NetworkEnv)
        self.network, self.plan, self.observers, self.slot = env.unwrapped, plan, observers, slot
        self.session = -1
        self._recoveries = Recoveries(env)
        self._log: ActionLog | None = None
        self._check = 0  # checksum of what the last action led to
        self._asked: Any = None  # the action of a step under way
        self._pid = os.getpid()
        self._under_way = False
        self._last: Any = None

    @property
    def finished(self) -> bool:
        """True once the last session is over."""
        return not self._under_way and self.session + 1 == len(self.plan.configs)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begins the next episode, and the next session where one is due.

        An early reset gives the episode up, and its steps with it. `seed` and `options` are ignored: the plan alone
        decides which session runs with which seed, whatever a learning library passes.

        Raises:
            SessionError: the session was cut short by a failure and cannot be continued, or this is another process.
            SimulatorError: the simulator could not be started.
        """
        self._require_own_process()
        if self._under_way:
            self._give_up_unfinished_episode()
        if self.finished:
            return self._last, {"session_end": True}
        seed = None if self._under_way else self._start_session()
        self._last, info = self.env.reset(seed=seed)
        self._tell_recoveries()
        network = self.network
        assert network.reported is not None and network.session_seed is not None
        start = EpisodeStart(
            session=self.session,
            episode=network.episode,
            seed=network.session_seed,
            observation=self._last,
            info=info,
            stats=network.reported,
            env=self.slot,
        )
        for observer in self.observers:
            observer.episode_started(start)
        return self._last, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """As the environment's, but `terminated` only in a terminal state. Raises `SessionError` after all sessions."""
        self._require_step()
        return self._told(self.env.step(action), action)

    def step_async(self, action: Any, prepared: tuple[Any, np.ndarray] | None = None) -> None:
        """Asks for a step without waiting; `network.step_receive` and `step_answer` must follow. No channel between.

        `prepared` is what the adapter makes of `action`, if that is known: as it reaches the network, and its control.
        """
        self._require_step()
        self._asked = action
        self.network.step_async(*(prepared or (action,)))

    def step_answer(self, answer: Answer | None = None) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """What `step` returns, after the measurement has come. `answer` as for `NetworkEnv.step_answer`."""
        return self._told(self.network.step_answer(answer), self._asked)

    def _told(self, answered: Any, chosen: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Tells the observers of what the environment answered, and ends what is over."""
        network = self.network
        self._last, gained, terminated, truncated, info = answered
        self._tell_recoveries()
        reward = float(gained)
        stats, reported, action = network.stats, network.reported, network.last_action
        assert stats is not None and reported is not None and network.session_seed is not None
        done = Step(
            session=self.session,
            episode=network.episode,
            step=network.step_index - 1,
            seed=network.session_seed,
            sim_time_ms=info["sim_time_ms"],
            wall_ms=info["wall_ms"],
            events=info["events"],
            reward=reward,
            terminated=terminated,
            truncated=truncated,
            terminal=network.terminal,
            kpis=info["kpis"],
            stats=reported,
            observation=self._last,
            action=None if is_empty(action) else action,
            effective_action=partial(network.adapter.effective_action, action, stats),
            info=info,
            env=self.slot,
            chosen=chosen,
        )
        if self._log is not None:
            self._check = checksum(stats.values, float(stats.ts_ms), int(stats.events), reward, self._last)
            self._log.add(chosen, self._check)
        for observer in self.observers:
            observer.step(done)
        if terminated or truncated:
            self._end_episode()
        if not network.running:
            info["session_end"] = True
            self._end_session("all steps done")
        return self._last, reward, network.terminal, truncated, info

    def keep_actions(self) -> None:
        """From the next session on, actions are kept, so that `state` can tell how to come here again."""
        self._log = ActionLog()

    def state(self) -> dict[str, Any] | None:
        """Where the sessions are, for `restore` in another process; None if the actions cannot be kept.

        Call it after `keep_actions`, and not between an agent's early reset and the end of the session.
        """
        if self._log is None or not self._log.recordable:
            return None
        actions = self._log.state() if self._under_way else None
        return {"session": self.session, "network": self.network.place(), "actions": actions}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Comes to where `state` was taken: does the actions of the session under way once more.

        Whatever the simulator, channels and wrappers keep comes back by that. Observers hear nothing of it.

        Raises:
            ReplayDiffers: a step led to something else than before.
            SimulatorError: a simulator failed.
        """
        self.network.take_place(state["network"])
        self.session = state["session"]
        if state["actions"] is None:
            return
        self.network.session -= 1
        self.session -= 1
        observers, self.observers = self.observers, ()
        self.reset()
        for number, (action, check) in enumerate(ActionLog.replay(state["actions"]), 1):
            *_, terminal, truncated, _ = self.step(action)
            require_same(self._check, check, f"step {number} of session {self.session}")
            if terminal or truncated:
                self.reset()
        self.observers = observers

    def stop(self, reason: str) -> None:
        """Ends the session before its time, if one is under way, and goes through no further one."""
        if self._under_way:
            self.network.close()
            self._end_session(reason, "stopped")

    def updated(self, done: int, total: int) -> None:
        """For agents that learn between steps: tells the observers that `done` of `total` updates are done."""
        for observer in self.observers:
            observer.updated(done, total)

    def _start_session(self) -> int | None:
        """Prepares the next session of the plan and returns its seed, None if one is to be drawn."""
        self.session += 1
        self._under_way = True
        if self._log is not None:
            self._log = ActionLog()
        seed = self.plan.seeds[self.session]
        for observer in self.observers:
            observer.session_started(self.session, seed, self.slot)
        if self.network.config != self.plan.configs[self.session]:
            self.network.adopt(self.plan.configs[self.session])
        return seed

    def _give_up_unfinished_episode(self) -> None:
        network = self.network
        if not network.running:
            raise SessionError(f"session {self.session} was cut short by a failure and cannot be continued.")
        if network.step_index > 0 and not network.episode_over:
            self._end_episode()
            if network.episode + 1 >= network.config.episodes_per_session:
                network.close()
                self._end_session("the last episode was given up")

    def _tell_recoveries(self) -> None:
        if times := self._recoveries.new():
            for observer in self.observers:
                observer.recovered(self.session, times, self.slot)

    def _end_episode(self) -> None:
        for observer in self.observers:
            observer.episode_ended(self.session, self.network.episode, self.slot)

    def _end_session(self, reason: str, status: str = "complete") -> None:
        self._under_way = False
        for observer in self.observers:
            observer.session_ended(self.session, status, reason, self.slot)

    def _require_step(self) -> None:
        self._require_own_process()
        if self.finished:
            raise SessionError(f"step() after the last of {len(self.plan.configs)} sessions; the run is over.")

    def _require_own_process(self) -> None:
        if self._pid != os.getpid():
            raise SessionError(
                f"process {os.getpid()} cannot use the environment of a run: the session and its tables belong to "
                f"process {self._pid}. Make an environment in the process that uses it, with netgym_cli.make_env."
            )

    def __getstate__(self) -> NoReturn:
        raise SessionError(
            "cannot copy or pickle the environment of a run: its sessions are recorded in one set of tables. "
            "Make another environment with netgym_cli.make_env."
        )
