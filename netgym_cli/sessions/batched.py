"""Sessions of many networks that one simulator simulates in one call, in this process."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netgym_cli.common.errors import ConfigError, SessionError
from netgym_cli.envs.base import Adapter
from netgym_cli.envs.many_networks import ManyNetworks
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.sessions.action_log import ActionLog, checksum, require_same
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.side_by_side import EpisodeStarts, Steps
from netgym_cli.sessions.step import Observer
from netgym_cli.sessions.vector import VectorSessions
from netgym_cli.simulators.base import Simulator, simulator_registry
from netgym_cli.simulators.batch import SimulatorBatch
from netgym_cli.simulators.selection import settings_of
from netgym_cli.simulators.stats import Stats, Subscription


def can_be_batched(network: NetworkEnv) -> bool:
    """Whether one call can simulate many of `network`: its simulator does so, and all of them end episodes together."""
    adapter = network.adapter
    ends_by_time = not adapter.external_env and type(adapter).ending is Adapter.ending
    return ends_by_time and adapter.source() is None and _simulator(network)[0].batches


def _simulator(network: NetworkEnv) -> tuple[type[Simulator[Any]], Any]:
    settings = settings_of(network.adapter.required_simulator, network.simulator_config)
    return simulator_registry.load(settings.name), settings


class BatchedSessions(VectorSessions):
    """All slots of a plan in one `SimulatorBatch`: plan, seeds and rows as of walks side by side, at little cost.

    The infos of a step are empty but where an episode ends; measurements go to the observers.

    Args:
        network: the environment, for adapter and config; it is never started. `can_be_batched`, and no channel.
        plan: the sessions, with the seeds of all slots.
        observers: called on everything that happens, in this order, for all slots at once.
    """

    def __init__(self, network: NetworkEnv, plan: Plan, observers: Sequence[Observer] = ()) -> None:
        self.network, self.plan, self.observers, self.n_envs = network, plan, observers, plan.n_envs
        self.observation_space, self.action_space = network.observation_space, network.action_space
        self.session, self._episode, self._step = -1, 0, 0
        self._networks: SimulatorBatch | None = None
        self._simulated: Any = None  # the config that the batch was made for
        self._under_way = self._unusable = False
        self._log: ActionLog | None = None
        self._check = 0  # checksum of what the last actions led to
        self._pid = os.getpid()
        self._adopt()

    @property
    def finished(self) -> bool:
        return not self._under_way and self.session + 1 == len(self.plan.configs)

    def reset(self) -> np.ndarray:
        self._require_usable()
        self._unusable = True  # unless it comes to the end
        observations = self._begin_session()
        self._unusable = False
        return observations

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        self._require_usable()
        if self.finished:
            raise SessionError(f"step() after the last of {len(self.plan.configs)} sessions; the run is over.")
        assert self._networks is not None, "reset() comes first"
        taken = self._many.taken(actions)
        controls = self._many.controls(taken)
        self._unusable = True
        began_s, when = time.perf_counter(), (self.session, self._episode, self._step)
        stats = self._measured(self._networks.step(controls), "step")
        wall_ms = (time.perf_counter() - began_s) * 1e3 / self.n_envs
        config, observations = self.network.config, self._many.observations(stats, when)
        truncated = self._step + 1 >= config.steps_per_episode
        last = truncated and self._episode + 1 >= config.episodes_per_session
        steps = Steps(
            session=self.session,
            episode=self._episode,
            step=self._step,
            seeds=self._seeds,
            wall_ms=wall_ms,
            rewards=self._many.rewards(stats, when),
            terminated=last,
            truncated=truncated,
            kpis=self._many.kpis(stats),
            stats=self._subscription(stats),
            measured=stats,
            observations=observations,
            actions=taken,
            adapter=self.network.adapter,
            chosen=actions,
        )
        if self._log is not None:
            self._check = checksum(stats.values, stats.ts_ms, stats.events, steps.rewards, observations)
            self._log.add(actions, self._check)
        for observer in self.observers:
            observer.steps(steps)
        self._step += 1
        infos: list[dict[str, Any]] = [{} for _ in range(self.n_envs)]
        if truncated:
            infos = [{"terminal_observation": observation} for observation in observations]
            observations = self._after_episode(steps, last, infos)
        self._unusable = False
        none = np.zeros(self.n_envs, bool)
        return observations, steps.rewards, none, np.full(self.n_envs, truncated), infos

    def keep_actions(self) -> None:
        self._log = ActionLog()

    def state(self) -> dict[str, Any] | None:
        if self._log is None or not self._log.recordable or not self._under_way:
            return None
        return {"session": self.session, "seeds": self._seeds.copy(), "actions": self._log.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        observers, self.observers = self.observers, ()
        self.session = state["session"] - 1
        self._begin_session(state["seeds"])
        for number, (actions, check) in enumerate(ActionLog.replay(state["actions"]), 1):
            self.step(actions)
            require_same(self._check, check, f"step {number} of session {self.session}")
        self.observers = observers

    def close(self) -> None:
        self._unusable = self._unusable or self._under_way
        networks, self._networks = self._networks, None
        if networks is not None and self._pid == os.getpid():
            networks.close()

    def _after_episode(self, steps: Steps, last: bool, infos: list[dict[str, Any]]) -> np.ndarray:
        """Ends the episode, and the session after its last one; returns the observations with which the next begins."""
        for observer in self.observers:
            observer.episodes_ended(self.session, self._episode, self.n_envs)
        if not last:
            self._episode, self._step = self._episode + 1, 0
            self._begin_episode(steps.stats, steps.observations)
            return steps.observations.copy()
        for info in infos:
            info["session_end"] = True
        self._under_way = False
        for observer in self.observers:
            observer.sessions_ended(self.session, "complete", "all steps done", self.n_envs)
        if self.finished:
            self.close()
            return steps.observations.copy()
        return self._begin_session()

    def _begin_session(self, seeds: np.ndarray | None = None) -> np.ndarray:
        """Begins the next session, with these seeds instead of drawing those that the plan leaves open."""
        self.session, self._episode, self._step, self._under_way = self.session + 1, 0, 0, True
        planned = [seeds[self.session] for seeds in (self.plan.seeds, *self.plan.further_seeds)]
        for observer in self.observers:
            observer.sessions_started(self.session, planned)
        if self.network.config != self.plan.configs[self.session]:
            self.network.adopt(self.plan.configs[self.session])
            self._adopt()
        drawn = np.random.default_rng().integers(2**31, size=self.n_envs) if None in planned else np.zeros(self.n_envs)
        pairs = zip(planned, drawn, strict=True)
        self._seeds = np.array([int(draw) if seed is None else seed for seed, draw in pairs], np.int64)
        self._seeds = self._seeds if seeds is None else seeds
        if self._log is not None:
            self._log = ActionLog()
        stats = self._measured(self._opened().start(self._seeds), "start")
        observations = self._many.observations(stats, (self.session, 0, 0))
        self._begin_episode(self._subscription(stats), observations)
        return observations

    def _begin_episode(self, stats: Stats, observations: np.ndarray) -> None:
        starts = EpisodeStarts(self.session, self._episode, self._seeds, observations, stats)
        for observer in self.observers:
            observer.episodes_started(starts)

    def _adopt(self) -> None:
        """Takes the adapter that the network has now."""
        self._many = ManyNetworks(self.network.adapter, self.n_envs)
        self._subscription = Subscription(self.network.adapter.subscription)

    def _opened(self) -> SimulatorBatch:
        """The batch for the session's config, the same one while it does not change."""
        adapter, settings = self.network.adapter, self.network.adapter.settings()
        if self._networks is None or settings != self._simulated:
            if self._networks is not None:
                self._networks.close()
                self._networks = None
            kind, config = _simulator(self.network)
            if not kind.batches:
                raise ConfigError(f"simulator '{config.name}' does not simulate many networks in one call.")
            self._networks, self._simulated = kind.batch(config, adapter.scenario, settings, self.n_envs), settings
        return self._networks

    def _measured(self, values: np.ndarray, call: str) -> Stats:
        networks = self._networks
        assert networks is not None
        stats = Stats(networks.layout, np.array(networks.ts_ms), values, np.array(networks.ticks))  # type: ignore[arg-type]
        return self._many.measured(stats, call, (self.session, self._episode, self._step))

    def _require_usable(self) -> None:
        if self._unusable:
            raise SessionError("the sessions were closed, or cut short by a failure, and cannot be continued.")
        if self._pid != os.getpid():
            raise SessionError(
                f"process {os.getpid()} cannot use the environment of a run: the session and its tables belong to "
                f"process {self._pid}. Make an environment in the process that uses it, with netgym_cli.make_env."
            )
