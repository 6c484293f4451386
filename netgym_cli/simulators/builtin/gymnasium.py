"""Any registered Gymnasium environment as a simulator, in this process: its transitions travel as payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import gymnasium
import numpy as np

from netgym_cli.common.errors import SimulatorDied
from netgym_cli.config.schema import SimulatorConfig
from netgym_cli.simulators.base import Simulator
from netgym_cli.simulators.stats import Layout, Stats

T = TypeVar("T")
NOTHING_MEASURED = Layout(())


class Transition(NamedTuple):
    """What the environment answered to a reset or a step."""

    observation: Any
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False


class GymnasiumSimulator(Simulator[SimulatorConfig]):
    """One environment made by `gymnasium.make`. An exception of its code ends the session as `SimulatorDied`."""

    scenarios = frozenset({"gymnasium"})
    copyable = True
    _env: gymnasium.Env[Any, Any] | None = None

    def start(self, scenario: str, settings: Mapping[str, Any], seed: int) -> Stats:
        self._id, self._steps = settings["id"], 0
        env = self._env = self._called(lambda: gymnasium.make(settings["id"], **(settings["kwargs"] or {})))
        return self._stats(Transition(self._called(lambda: env.reset(seed=seed))[0]))

    def begin_episode(self) -> Stats:
        return self._stats(Transition(self._called(self._running().reset)[0]))

    def step(self, control: Any) -> Stats:
        env = self._running()
        observation, reward, terminated, truncated, _ = self._called(lambda: env.step(control))
        self._steps += 1
        return self._stats(Transition(observation, float(reward), terminated, truncated))

    def close(self) -> None:
        if self._env is not None:
            self._env.close()
            self._env = None

    def _running(self) -> gymnasium.Env[Any, Any]:
        assert self._env is not None, "start() comes first"
        return self._env

    def _stats(self, transition: Transition) -> Stats:
        return Stats(NOTHING_MEASURED, 0.0, np.empty(0), self._steps, transition)

    def _called(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except Exception as error:  # whatever code of others raises
            raise SimulatorDied(f"the environment '{self._id}' raised {type(error).__name__}: {error}.") from error
