"""The Gymnasium environment: an adapter in front of a simulator, one simulator life per session.

A session is `episodes_per_session` (E) episodes of `steps_per_episode` (L) steps on one continuously running network.
Episode boundaries touch nothing in the simulator; the session's end releases it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import gymnasium
import numpy as np
from omegaconf import OmegaConf

from netgym_cli.common.errors import SessionError
from netgym_cli.common.seeds import seed_of_session
from netgym_cli.config.dotted import nested
from netgym_cli.config.schema import EnvConfig, SimulatorConfig, plain, typed
from netgym_cli.envs.actions import wrong_shape
from netgym_cli.envs.answers import Answer, is_inside, is_reward, kpis_of, measured, wrong_answer
from netgym_cli.envs.base import Adapter, adapter_of, environment_action
from netgym_cli.envs.frames.rendered import Rendered, supported
from netgym_cli.envs.owned_session import OwnedSession
from netgym_cli.envs.step_info import StepInfo
from netgym_cli.simulators.base import Simulator, simulator_registry
from netgym_cli.simulators.selection import check_scenario, settings_of
from netgym_cli.simulators.stats import Stats, Subscription


class NetworkEnv(Rendered, OwnedSession, gymnasium.Env[Any, Any]):
    """A network to control, step by step.

    `step` returns `truncated=True` after L steps, and `truncated=terminated=True` after the session's last one.
    `reset` between episodes neither advances nor tells the simulator anything: it returns the last observation.
    After a session's end it starts the next session, with a seed derived from the first. `reset` in the middle of an
    episode gives that episode up, and `reset(seed=...)` the whole session. Session ends are time limits: a learner
    should bootstrap there (see `netgym_cli.learner_view`).

    A running session belongs to this object, in the process that began it: elsewhere every call but `close`, which
    leaves the session alone there, raises `SessionError`, and so does copying.

    Args:
        config: the environment's config record.
        simulator: the run's simulator; an environment that requires another one takes that.
        render_mode: what `render` returns: `ansi`, `rgb_array`, or None: nothing.

    Attributes:
        session: index of the session, from 0; -1 before the first reset.
        episode: index of the episode in its session, from 0.
        step_index: steps done in the episode.
        session_seed: seed of the running session.
        stats: the last measurement.
        last_action: the action that the last step was given, as it reached the network.
        reported: the part of it that the adapter subscribes to, as it stands in `info` and in the tables.
        episode_over: whether the episode has ended and waits for `reset`.
        terminal: whether the last step reached a terminal state. A network never does: `terminated` ends the session.
        continues: whether the last reset left everything running, as between the episodes of a network's session.
    """

    def __init__(self, config: EnvConfig, simulator: SimulatorConfig, render_mode: str | None = None) -> None:
        self.render_mode = supported(render_mode)
        self.config = config
        self.simulator_config = simulator
        self.adapter: Adapter[Any] = adapter_of(config)
        self._require_simulated(self.adapter)
        self.observation_space = self.adapter.observation_space
        self.action_space = self.adapter.action_space
        self.session, self.episode, self.step_index = -1, 0, 0
        self.episode_over = self.terminal = self.continues = False
        self.session_seed: int | None = None
        self.stats: Stats | None = None
        self.reported: Stats | None = None
        self.last_action: Any = None
        self._subscription = Subscription(self.adapter.subscription)
        self._base_seed, self._first_session = config.random_seed, 0
        self._drawing_pid: int | None = None  # of the process that drew the base seed; None: it was given

    @property
    def step_ms(self) -> float:
        """Simulated time of one step, ms; 0 if the environment has no time of its own."""
        return self.adapter.step_ms

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, StepInfo]:
        """Begins the next episode; begins a session, and so a simulator, when none is running.

        Args:
            seed: begins a session with this seed, the simulator's run number; a running one is ended. It takes as long
                as starting the simulator and simulating its warm-up; `reset()` between episodes takes no time.
            options: `new_session` (bool) begins a session even if one runs, without a seed with a derived one.

        Returns:
            The observation and the info dictionary (see `step`).

        Raises:
            SessionError: another process began the running session.
            SimulatorError: the simulator could not be started.
        """
        self._require_owner()
        super().reset(seed=seed)
        if seed is not None or (options or {}).get("new_session", False):
            self.close()
        if self._step_began_s is not None:  # or its answer would be taken for the next step's
            self.step_wait()
        if self.running and self.step_index > 0:
            self.episode += 1
            self.step_index = 0
            if self.episode >= self.config.episodes_per_session:
                self.close()
        self.episode_over = self.terminal = self.continues = False
        if self._simulator is None:
            self._start_session(seed)
        elif (first := self._simulator.begin_episode()) is not None:
            self.stats = measured(first, self._simulator, "begin_episode", (self.session, self.episode, 0))
        else:
            self.continues = True
        return self._observe()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, StepInfo]:
        """Applies `action`, simulates one interval and returns its measurement.

        Args:
            action: in `action_space`, or empty (`None`, length 0) for the default algorithm; never altered.

        Returns:
            observation, reward, terminated, truncated, info. `info` holds `network_stats` (a pandas frame, made when
            looked up), `sim_time_ms`, `wall_ms`, `events`, `session`, `episode_index`, `session_seed` and `kpis`.

        Raises:
            ActionError: wrong shape, NaN or out of range; nothing was simulated.
            SessionError: no session runs, or the episode is over; call `reset`.
            SimulatorError: the simulator died or stayed silent; the session is lost.
            AdapterError: the adapter's observation or reward is not what it promised; the session is lost.
        """
        simulator, control = self._begin_step(action)
        self._receive(lambda: simulator.step(control))
        return self.step_answer()

    def step_async(self, action: Any, control: np.ndarray | None = None) -> None:
        """Asks for a step, as `step`; `step_wait` must follow. `control`: what the adapter has made of `action`."""
        simulator, control = self._begin_step(action, control)
        try:
            simulator.step_async(control)
        except BaseException:
            self.close()
            raise

    def step_wait(self) -> tuple[Any, float, bool, bool, StepInfo]:
        """Waits for the step that `step_async` asked for. Returns and raises as `step` does."""
        self.step_receive()
        return self.step_answer()

    def step_receive(self) -> Stats:
        """The first half of `step_wait`: waits for the measurement; `step_answer` follows. Raises as `step` does."""
        self._require_owner()
        if self._simulator is None or self._step_began_s is None:
            raise SessionError("step_wait() without a step under way; call step_async(action) first.")
        return self._receive(self._simulator.step_wait)

    def step_answer(self, answer: Answer | None = None) -> tuple[Any, float, bool, bool, StepInfo]:
        """The second half of `step_wait`: what the adapter makes of the measurement. Returns and raises as `step` does.

        Args:
            answer: what it has made of it already, among those of other networks, checked; None: it is asked here.
        """
        assert self.stats is not None
        self.step_index += 1
        self.terminal, cut_off = self.adapter.ending(self.stats)
        truncated = cut_off or self.step_index >= self.config.steps_per_episode
        self.episode_over = self.terminal or truncated
        last = self.episode_over and self.episode + 1 >= self.config.episodes_per_session
        terminated = self.terminal or (last and not self.adapter.external_env)
        if last:
            self.close()
        observation, info = self._observe(answer)
        info["wall_ms"] = self._wall_ms
        reward = self.adapter.reward(self.stats) if answer is None else answer.reward
        if not is_reward(reward):
            self._refuse("reward", reward, "a finite number")
        self.last_reward = reward
        return observation, reward, terminated, truncated, info

    def _begin_step(self, action: Any, control: np.ndarray | None = None) -> tuple[Simulator[Any], np.ndarray | None]:
        """The simulator, and the control that it gets for `action`."""
        self._require_owner()
        if self._simulator is None or self.episode_over:
            raise SessionError("step() without a running episode; call reset() first.")
        if self._step_began_s is not None:
            raise SessionError("a step is under way already; call step_wait() before the next one.")
        if control is None:
            action = environment_action(action, self.action_space)
            control = self.adapter.encode_action(action)
            if self.adapter.batched and control is not None and control.ndim > 1:
                raise wrong_shape(np.shape(action), self.action_space)
        self.last_action = action
        self._step_began_s = time.perf_counter()
        return self._simulator, control

    def _receive(self, measure: Callable[[], Stats]) -> Stats:
        assert self._step_began_s is not None
        began_s, self._step_began_s = self._step_began_s, None
        try:
            self.stats = measured(measure(), self._simulator, "step", (self.session, self.episode, self.step_index))
        except BaseException:
            self.close()
            raise
        self._wall_ms = (time.perf_counter() - began_s) * 1e3
        return self.stats

    def reconfigure(self, overrides: Mapping[str, Any]) -> None:
        """Changes config keys for the next session (nested by dictionaries or by dots, as in `make_env`).

        Raises:
            SessionError: a session is running, or the change would alter the spaces that an agent was built for.
            ConfigError: unknown key or bad value.
        """
        self._require_no_session(", ".join(overrides))
        merged = OmegaConf.merge(plain(self.config), nested(overrides, "env"))
        self.adopt(typed(self.adapter.config_schema, merged, "env"))  # type: ignore[arg-type]

    def adopt(self, config: EnvConfig) -> None:
        """Takes `config` for the next session in place of the present one, whole. Raises as `reconfigure` does."""
        self._require_no_session("the config")
        config.validate()
        adapter = adapter_of(config)
        self._require_simulated(adapter)
        for kind in ("observation_space", "action_space"):
            before, after = getattr(self, kind), getattr(adapter, kind)
            if before != after:
                raise SessionError(f"the {kind} may not change between sessions: {before} became {after}.")
        if config.random_seed != self.config.random_seed:
            self._base_seed, self._first_session = config.random_seed, self.session + 1
        self.config, self.adapter = config, adapter
        self._subscription = Subscription(adapter.subscription)

    def _require_simulated(self, adapter: Adapter[Any]) -> None:
        chosen = settings_of(adapter.required_simulator, self.simulator_config)
        check_scenario(chosen, adapter.scenario, adapter.settings)

    def close(self) -> None:
        """Ends the session, if one runs, and releases its simulator; a step under way is given up.

        In a forked copy of the process that began the session it only lets go of it.
        """
        self._step_began_s = None
        if (simulator := self._let_go()) is not None:
            simulator.close()

    def _start_session(self, seed: int | None) -> None:
        if seed is not None or self._base_seed is None or self._drawn_elsewhere():
            self._base_seed = self._drawn_seed() if seed is None else seed
            self._drawing_pid = os.getpid() if seed is None else None
            self._first_session = self.session + 1
        session_seed = seed_of_session(self._base_seed, self.session + 1 - self._first_session)
        settings = settings_of(self.adapter.required_simulator, self.simulator_config)
        simulator = self._starting = simulator_registry.load(settings.name)(settings, self.adapter.source())
        try:
            begun = simulator.start(self.adapter.scenario, self.adapter.settings(), session_seed)
            self.stats = measured(begun, simulator, "start", (self.session + 1, 0, 0))
        except BaseException:
            simulator.close()
            raise
        finally:
            self._starting = None
        self._own(simulator)
        self.session_seed = session_seed
        self.session += 1
        self.episode, self.step_index = 0, 0

    def _drawn_seed(self) -> int:
        if self._drawn_elsewhere():
            self._np_random = None  # Gymnasium's property makes another, from the system's randomness
        return int(self.np_random.integers(2**31))

    def _observe(self, answer: Answer | None = None) -> tuple[Any, StepInfo]:
        assert self.stats is not None
        self.reported = self._subscription(self.stats)
        info = StepInfo(
            network_stats=self.reported,
            sim_time_ms=self.stats.ts_ms,
            events=self.stats.events,
            session=self.session,
            episode_index=self.episode,
            session_seed=self.session_seed,
            kpis=kpis_of(self.adapter, self.stats) if answer is None else answer.kpis,
        )
        info.stats = self.stats
        if answer is not None:
            return answer.observation, info
        observation = self.adapter.observation(self.stats)
        if not self.adapter.external_env and not is_inside(observation, self.observation_space):
            self._refuse("observation", observation, str(self.observation_space))
        return observation, info

    def _refuse(self, what: str, value: Any, allowed: str) -> NoReturn:
        self.close()
        raise wrong_answer(self.adapter, what, value, allowed, (self.session, self.episode, self.step_index))
