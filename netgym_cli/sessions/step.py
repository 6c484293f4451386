"""What one step did, and the interface of those that follow a run step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from netgym_cli.simulators.stats import Stats

if TYPE_CHECKING:
    from netgym_cli.sessions.side_by_side import EpisodeStarts, Steps


class EpisodeStart(NamedTuple):
    """What `reset` returned at the beginning of an episode, and the measurement behind it.

    `observation` and `info` are what the agent gets, behind whatever channels there are; `stats` is what the
    environment's config subscribes to. The agent may use its arrays again: copy what you keep. `env` is the slot, from
    0, of a session that several simulators live at once.
    """

    session: int
    episode: int
    seed: int
    observation: Any
    info: Mapping[str, Any]
    stats: Stats
    env: int = 0


class Step(NamedTuple):
    """What one step did, as the environment reports it: at a session's end `terminated` and `truncated` are both true.

    `terminal` is true in a terminal state alone, which a network never reaches. `wall_ms` is the time the simulator
    took; `events` counts simulator events since the session started. `observation` and `info` are what the agent gets,
    behind whatever channels there are; `stats` is what the environment's config subscribes to. `env` is the slot, from
    0, of a session that several simulators live at once.

    `chosen` is what the agent chose, before any channel, and `action` what reached the environment of it, None for the
    default algorithm. `effective_action()`
    computes the action that was in force, as `Adapter.effective_action` tells it; it may raise `AdapterError`.

    The agent may use its arrays again: copy what you keep, and call `effective_action` before the observer returns.
    """

    session: int
    episode: int
    step: int
    seed: int
    sim_time_ms: float
    wall_ms: float
    events: int
    reward: float
    terminated: bool
    truncated: bool
    terminal: bool
    kpis: Mapping[str, float]
    stats: Stats
    observation: Any
    action: Any
    effective_action: Callable[[], Any]
    info: Mapping[str, Any]
    env: int = 0
    chosen: Any = None


class Observer:
    """Follows a run: tables, the run's record, a progress bar. Override the methods that matter; the others do nothing.

    A session is lived in one slot or in several at once, which `env` counts from 0; each has its own seed, episodes and
    steps. Several sessions and slots can be under way at once, and their calls come in any order; a session in one slot
    goes `session_started`, then per episode `episode_started`, `step` ... `step`, `episode_ended`, then
    `session_ended`. A session that fails just stops: the exception goes to whoever runs it.

    Where one call simulates all slots, the methods in the plural are called instead. They go through the slots, unless
    they are overridden by an observer that takes many at once.
    """

    def session_started(self, session: int, seed: int | None, env: int = 0) -> None:
        """A simulator is about to be started; `seed` is None when it is drawn afresh."""

    def episode_started(self, start: EpisodeStart) -> None:
        """An episode begins; for the same one again where the agent resets before its first step."""

    def step(self, step: Step) -> None:
        """A step was done."""

    def episode_ended(self, session: int, episode: int, env: int = 0) -> None:
        """The episode is over: complete, or given up by an early reset."""

    def session_ended(self, session: int, status: str, reason: str, env: int = 0) -> None:
        """The session is over in this slot: `complete`, or another word with the reason for it."""

    def recovered(self, session: int, times: int, env: int = 0) -> None:
        """Since the last call a simulator or channel of this slot died so many times, and another one took over."""

    def sessions_started(self, session: int, seeds: Sequence[int | None]) -> None:
        """All slots are about to be started, with these seeds."""
        for env, seed in enumerate(seeds):
            self.session_started(session, seed, env)

    def episodes_started(self, starts: EpisodeStarts) -> None:
        """An episode begins in all slots."""
        if type(self).episode_started is Observer.episode_started:
            return
        for env in range(len(starts.seeds)):
            self.episode_started(starts.of(env))

    def steps(self, steps: Steps) -> None:
        """A step was done in all slots."""
        if type(self).step is Observer.step:
            return
        for env in range(steps.n_envs):
            self.step(steps.of(env))

    def episodes_ended(self, session: int, episode: int, n_envs: int) -> None:
        """The episode is over in all slots."""
        for env in range(n_envs):
            self.episode_ended(session, episode, env)

    def sessions_ended(self, session: int, status: str, reason: str, n_envs: int) -> None:
        """The session is over in all slots."""
        for env in range(n_envs):
            self.session_ended(session, status, reason, env)

    def updated(self, done: int, total: int) -> None:
        """An agent that learns between steps has done `done` of `total` gradient updates."""
