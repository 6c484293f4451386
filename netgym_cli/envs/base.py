"""An adapter is one environment's meaning: statistics to observation and reward, action to control vector.

To add an environment: one module in builtin/ whose name is the environment's, with one `Adapter` subclass and its
config record, and one YAML file of the same name in conf/env/.
"""

from __future__ import annotations

import inspect
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from gymnasium import spaces

from netgym_cli.common.contracts import Part, names, record, text, text_or_none
from netgym_cli.common.errors import AdapterError, ConfigError
from netgym_cli.common.registry import Registry
from netgym_cli.common.user_code import written_in
from netgym_cli.config.schema import EnvConfig, plain
from netgym_cli.envs.actions import box_action, discrete_action, environment_action, is_empty, stated_action
from netgym_cli.simulators.stats import Stats

C = TypeVar("C", bound=EnvConfig)
OLD_NAMES = {
    "policy": "encode_action",
    "in_force": "effective_action",
    "foreign": "external_env",
    "simulator": "required_simulator",
}
log = logging.getLogger(__name__)
_announced: set[str] = set()


class Adapter(ABC, Generic[C]):
    """Between Gymnasium and a simulator; holds the config and no state of the episode.

    Attributes:
        config_schema: the dataclass of the environment's YAML file.
        required_simulator: the only simulator that runs it, a name or `importable.module:Class`; None: the run chooses.
        scenario: name of the scenario inside that simulator.
        scenario_source: your own scenario's file, relative to the adapter's: C++ that registers `scenario`, or Python
            with a generator `scenario(settings, seed)`; None if it is one of netgym's.
        observation_space, action_space: the Gymnasium spaces.
        subscription: measurements kept in `info` and in the tables; None for all of them.
        observation_labels: what each entry along the observation's first axis is, with its unit.
        action_labels: what each entry along the action's last axis is.
        entities: what the observation has columns of and the action one part for each, such as `users`; None: no such
            things. A policy with the same weights for all of them can act on any number of them.
        entities_last: whether an action lists kind by kind, each for all entities, and not entity by entity.
        actions_are_shares: whether the entries along the action's last axis are weights of which only the ratios count.
        has_default: whether an algorithm of the simulator's own takes the empty action.
        batched: whether `observation`, `reward`, `kpis` and `encode_action` serve many networks too, by working on the
            last axes: of `Stats` with a leading axis they return one, for `kpis` in every value. What they tell of one
            network is the same to the bit alone and among others. Others are asked network by network.
        external_env: whether episodes and observations are those of a third-party environment: it ends episodes by
            itself, each begins anew, and its observations are not checked.
        ends_episodes: whether an episode of a network may end before `steps_per_episode`, by `ending`.

    The names in `OLD_NAMES` mean the same as the new ones, whichever of the two a subclass defines.
    """

    member_contract: ClassVar[dict[str, Part]] = {
        "config_schema": Part(
            record, "`config_schema = MyConfig`, a @dataclass that extends netgym_cli.config.schema.EnvConfig"
        ),
        "scenario": Part(text, '`scenario = "mine"`, the name of its scenario in the simulator'),
        "scenario_source": Part(text_or_none, '`scenario_source = "mine.cc"`, a file beside this one'),
        "required_simulator": Part(text_or_none, '`required_simulator = "my_module:MySimulator"`'),
        "subscription": Part(lambda value: value is None or names(value), '`subscription = ("source::name",)`'),
        "observation_labels": Part(names, '`observation_labels = ("rate, Mbit/s",)`'),
        "action_labels": Part(names, '`action_labels = ("share",)`'),
        "entities": Part(text_or_none, '`entities = "users"`'),
    }
    config_schema: ClassVar[type[EnvConfig]]
    required_simulator: ClassVar[str | None] = None
    scenario: ClassVar[str]
    scenario_source: ClassVar[str | None] = None
    observation_space: spaces.Space[Any]
    action_space: spaces.Space[Any]
    subscription: Sequence[str] | None = None
    observation_labels: tuple[str, ...] = ()
    action_labels: tuple[str, ...] = ()
    has_default: ClassVar[bool] = True
    batched: ClassVar[bool] = False
    entities: ClassVar[str | None] = None
    entities_last: ClassVar[bool] = False
    actions_are_shares: ClassVar[bool] = False
    external_env: ClassVar[bool] = False
    ends_episodes: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for old, new in OLD_NAMES.items():
            if _depth(cls, old) < _depth(cls, new):
                _give(cls, old, new)
                _announce(cls, old, new)
            elif _depth(cls, new) < _depth(cls, old):
                _give(cls, new, old)

    def __init__(self, config: C) -> None:
        self.config = config

    @property
    @abstractmethod
    def step_ms(self) -> float:
        """Simulated time of one step, ms; 0 if the environment has no time of its own."""

    @classmethod
    def source(cls) -> Path | None:
        """Absolute path of `scenario_source`, beside the file of the class that names it."""
        if cls.scenario_source is None:
            return None
        owner = next(base for base in cls.__mro__ if "scenario_source" in vars(base))
        return Path(inspect.getfile(owner)).resolve().parent / cls.scenario_source

    def settings(self) -> dict[str, Any]:
        """What the scenario needs to know, as plain nested values."""
        return plain(self.config)

    @abstractmethod
    def observation(self, stats: Stats) -> Any:
        """The observation, inside `observation_space`, never NaN."""

    @abstractmethod
    def reward(self, stats: Stats) -> float:
        """The reward of the interval that `stats` describes."""

    def ending(self, stats: Stats) -> tuple[bool, bool]:
        """Whether the interval ended in a terminal state, and whether something else than the config cut it off.

        Neither, unless overridden: a network runs on.
        """
        return False, False

    @abstractmethod
    def encode_action(self, action: Any) -> np.ndarray | None:
        """The flat float64 vector for the simulator; None (from an empty action) asks for the default algorithm.

        Raises `ActionError` for a wrong shape, NaN or a value outside the action space. Never alters `action`.
        """

    def effective_action(self, action: Any, stats: Stats) -> Any:
        """The action that was in force in the interval that `stats` describes, inside `action_space`.

        It is read from the measurement wherever that tells, so actions of the same effect are equal, what the network
        refused is left out, and the default algorithm can be imitated. Here: what was asked for.

        Args:
            action: what `encode_action` was given; empty if the default algorithm decided.
            stats: the whole measurement, whatever the config subscribes to.

        Raises:
            AdapterError: the action is empty, and the adapter does not say what the default algorithm did.
        """
        if is_empty(action):
            raise AdapterError(
                f"{type(self).__name__} does not say what its default algorithm did; "
                "let it override effective_action()."
            )
        return action if self.action_space.dtype is None else np.asarray(action, self.action_space.dtype)

    @abstractmethod
    def kpis(self, stats: Stats) -> dict[str, float]:
        """Key performance indicators of the interval for the tables; names carry their unit (`rate_mbps`)."""


def _depth(cls: type, name: str) -> int:
    """How many bases away the class is that defines `name`."""
    return next((depth for depth, base in enumerate(cls.__mro__) if name in vars(base)), len(cls.__mro__))


def _give(cls: type, name: str, other: str) -> None:
    """Lets `other` be what `name` is."""
    setattr(cls, other, vars(cls.__mro__[_depth(cls, name)])[name])


def _announce(cls: type, old: str, new: str) -> None:
    member = f"{cls.__module__}:{cls.__qualname__}"
    if f"{member}.{old}" not in _announced:
        _announced.add(f"{member}.{old}")
        log.warning("%s defines '%s', which is named '%s' now; rename it, the old name will go.", member, old, new)


for _old, _new in OLD_NAMES.items():
    _give(Adapter, _new, _old)

__all__ = [
    "Adapter",
    "adapter_of",
    "box_action",
    "discrete_action",
    "env_registry",
    "environment_action",
    "is_empty",
    "stated_action",
]

env_registry: Registry[Adapter[Any]] = Registry("env", "netgym_cli.envs.builtin", Adapter)


def adapter_of(config: EnvConfig) -> Adapter[Any]:
    """The adapter of an environment's config. Raises `ConfigError` if the user's class leaves out what is due."""
    kind = env_registry.load(config.name)
    adapter = kind(config)

    def where() -> str:
        return f"env '{config.name}': {kind.__name__}{written_in(kind)}"

    if not hasattr(adapter, "config"):
        raise ConfigError(f"{where()}: its constructor does not call `super().__init__(config)`; write it first.")
    for name in ("observation_space", "action_space"):
        if not isinstance(space := getattr(adapter, name, None), spaces.Space):
            raise ConfigError(
                f"{where()}: {name} is {space!r}; allowed: a space of gymnasium.spaces. Set it in the constructor: "
                f"`self.{name} = spaces.Box(0.0, 1.0, (3,), np.float32)`."
            )
    if not isinstance(step_ms := adapter.step_ms, int | float | np.number):
        raise ConfigError(f"{where()}: step_ms is {step_ms!r}; allowed: the simulated time of a step, ms.")
    return adapter
