"""What answers a control with statistics: the `Simulator` interface and the `Stats` that cross it.

A simulator lives for one session. Statistics cross as one flat array whose `Layout` is sent once; a pandas frame is
made only when somebody looks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from netgym_cli.common.contracts import Part, names, record
from netgym_cli.common.registry import Registry
from netgym_cli.config.schema import SimulatorConfig
from netgym_cli.simulators.batch import SimulatorBatch
from netgym_cli.simulators.stats import Stats

C = TypeVar("C", bound=SimulatorConfig)


class Simulator(ABC, Generic[C]):
    """One simulator life: `start` once, `step` until the session ends, `close`.

    A subclass overrides `start` and `step`, or, if it computes elsewhere, `start_async`, `start_wait`, `step_async` and
    `step_wait`: then one thread can keep many simulators busy. Whichever it overrides, all of them work.

    Attributes:
        config_schema: the dataclass of the simulator's YAML file.
        scenarios: names of all that it runs; None if it says only at the start what it cannot run.
        twin_of: name of the simulator that this one stands for, as a fast model of it; None: of none.
        copyable: whether `copy.deepcopy` of a running one is a second simulator: all of it lies in Python objects, and
            no process, file or socket belongs to it. An environment with another one refuses to be copied meanwhile.
        batches: whether many of its sessions can be had in one call in this process, by `batch`.
        config: deadlines and the like.
        source: the user's own scenario file, if the adapter has one.
        recoveries: how often a process that died was replaced by one that did the session so far once more.
    """

    member_contract: ClassVar[dict[str, Part]] = {
        "config_schema": Part(
            record, "`config_schema = MyConfig`, a @dataclass that extends netgym_cli.config.schema.SimulatorConfig"
        ),
        "scenarios": Part(lambda value: value is None or names(value), '`scenarios = frozenset({"mine"})`'),
    }
    member_alternatives = (("start", "start_async", "start_wait"), ("step", "step_async", "step_wait"))
    config_schema: ClassVar[type[SimulatorConfig]] = SimulatorConfig
    scenarios: ClassVar[frozenset[str] | None] = None
    twin_of: ClassVar[str | None] = None
    copyable: ClassVar[bool] = False
    batches: ClassVar[bool] = False
    recoveries: int = 0
    _deferred: Callable[[], Stats] | None = None  # what the in-process simulator computes when it is waited for

    def __init__(self, config: C, source: Path | None = None) -> None:
        self.config, self.source = config, source

    @classmethod
    def check(cls, config: C, source: Path | None = None) -> None:
        """Looks, cheaply and leaving no trace, whether `config` can work here. Raises `ConfigError` or `BuildError`."""

    @classmethod
    def check_scenario(cls, config: C, scenario: str, settings: Mapping[str, Any]) -> None:
        """Looks whether `scenario` with these `settings` is what it simulates. Raises `ConfigError` if it is not."""

    @classmethod
    def caveat(cls, config: C, scenario: str, env: str) -> str | None:
        """What to know before its results are believed, in one line; None if there is nothing.

        Args:
            config: as for the others.
            scenario: what it is to simulate.
            env: name that the environment was chosen by, such as a variant's.

        Raises `ConfigError` as `check_scenario` does.
        """
        return None

    @classmethod
    def prepare(cls, config: C, source: Path | None = None) -> None:
        """Does what needs doing once per machine, such as compiling; logs its progress."""

    @classmethod
    def about(cls, config: C) -> dict[str, Any]:
        """What `run.json` notes of the software behind it, as plain values: versions, builds, libraries."""
        return {}

    @classmethod
    def batch(cls, config: C, scenario: str, settings: Mapping[str, Any], copies: int) -> SimulatorBatch:
        """Many networks in one call, none of them started; only of a simulator that `batches`.

        Args:
            config: as for one.
            scenario: as for `start`, the same for all.
            settings: likewise.
            copies: number of networks, 1 or more.

        Raises `ConfigError`, `SimulatorError` or `BuildError`.
        """
        raise TypeError(f"{cls.__name__} has batches = {cls.batches}; one that has True must override batch().")

    def start(self, scenario: str, settings: Mapping[str, Any], seed: int) -> Stats:
        """Builds `scenario` from plain nested `settings`, simulates its warm interval and returns its measurement.

        Raises `SimulatorDied`, `SimulatorTimeout` or `BuildError`.
        """
        self.start_async(scenario, settings, seed)
        return self.start_wait()

    def start_async(self, scenario: str, settings: Mapping[str, Any], seed: int) -> None:
        """Asks for a start without waiting for it; `start_wait` must follow. Arguments as for `start`."""
        self._require(type(self).start is not Simulator.start, "start")
        self._deferred = lambda: self.start(scenario, settings, seed)

    def start_wait(self) -> Stats:
        """Waits for the start and returns its measurement. Raises as `start` does."""
        return self._computed("start")

    def step(self, control: np.ndarray | None) -> Stats:
        """Applies `control` (flat float64; None for the scenario's default algorithm) and simulates one interval.

        Raises `SimulatorDied` or `SimulatorTimeout`.
        """
        self.step_async(control)
        return self.step_wait()

    def step_async(self, control: np.ndarray | None) -> None:
        """Asks for a step without waiting for it; `step_wait` must follow. Arguments as for `step`."""
        self._require(type(self).step is not Simulator.step, "step")
        self._deferred = lambda: self.step(control)

    def step_wait(self) -> Stats:
        """Waits for the step and returns its measurement. Raises as `step` does."""
        return self._computed("step")

    def fileno(self) -> int | None:
        """A file descriptor that is readable once an answer has come, for a poll over many simulators.

        None if there is nothing to wait for: no session runs, or the answer is computed in this process by `step_wait`.
        """
        return None

    def begin_episode(self) -> Stats | None:
        """The measurement with which a further episode begins; None if what is simulated runs on, as networks do."""
        return None

    def interrupt(self) -> None:
        """Makes a start or step that another thread waits for fail soon, if that can be; the session is lost.

        The one method that may be called while another thread uses the simulator; `close` follows in that thread.
        """

    @abstractmethod
    def close(self) -> None:
        """Releases the simulator; harmless when called twice or after a failure."""

    def _require(self, overridden: bool, name: str) -> None:
        if not overridden:
            raise TypeError(f"{type(self).__name__} must override {name}(), or {name}_async() and {name}_wait().")

    def _computed(self, name: str) -> Stats:
        assert self._deferred is not None, f"{name}_async() comes first"
        compute, self._deferred = self._deferred, None
        return compute()


class PipelinedSimulator(Simulator[C]):
    """A simulator that takes several steps in one request, with any number of requests under way.

    `start_async` may be called again at any time: the session begins anew, and what was asked for before is dropped.
    """

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether there is a process to ask; False before the first start, after a failure and after `close`."""

    @abstractmethod
    def run_async(self, controls: np.ndarray) -> None:
        """Asks for a step per control and one measurement at the end, without waiting.

        Args:
            controls: float64 of shape `(n,)`, each control's numbers behind their count.
        """

    @abstractmethod
    def run_wait(self) -> Stats:
        """Waits for the measurement of the oldest run under way. Raises `SimulatorDied` or `SimulatorTimeout`."""


simulator_registry: Registry[Simulator[Any]] = Registry("simulator", "netgym_cli.simulators.builtin", Simulator)
