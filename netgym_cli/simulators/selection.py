"""Which simulator runs what: the run's choice, or the one that an environment or a channel requires."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs
from netgym_cli.config.schema import SimulatorConfig, typed
from netgym_cli.simulators.base import Simulator, simulator_registry


class RequiredSimulator(NamedTuple):
    """A simulator that a run needs: how it is run, and the user's own scenario file if there is one."""

    config: SimulatorConfig
    source: Path | None = None


def check(simulators: Iterable[RequiredSimulator]) -> None:
    """Looks, leaving no trace, whether each of them can work here. Raises `ConfigError` or `BuildError`."""
    for simulator in simulators:
        simulator_registry.load(simulator.config.name).check(*simulator)


def prepare(simulators: Iterable[RequiredSimulator]) -> None:
    """Does for each of them what needs doing once per machine, such as compiling. Raises `BuildError`."""
    for simulator in simulators:
        simulator_registry.load(simulator.config.name).prepare(*simulator)


def check_scenario(chosen: SimulatorConfig, scenario: str, settings: Callable[[], Mapping[str, Any]]) -> None:
    """Raises `ConfigError` if the simulator does not simulate `scenario` with what `settings` gives."""
    kind = simulator_registry.load(chosen.name)
    if kind.check_scenario.__func__ is not Simulator.check_scenario.__func__:  # type: ignore[attr-defined]
        kind.check_scenario(chosen, scenario, settings())


def settings_of(required: str | None, chosen: SimulatorConfig) -> SimulatorConfig:
    """How a simulator is run: as the run has chosen, unless another one is required by its name.

    The deadlines chosen hold for that one too; its other keys have the values of its file in netgym's conf/simulator/.

    Raises:
        ConfigError: unknown simulator, or one of the user's own that has further keys.
    """
    return chosen if required in (None, chosen.name) else _settings(str(required), vars(chosen))


def default_settings(name: str) -> SimulatorConfig:
    """How netgym's simulator `name` is run where no run says so: as in conf/simulator/. Raises `ConfigError`."""
    return _settings(name, {})


def _settings(name: str, chosen: Mapping[str, Any]) -> SimulatorConfig:
    file = conf_dirs.members("simulator").get(name)
    raw: dict[str, Any] = {} if file is None else dict(OmegaConf.load(file))
    raw |= {field.name: chosen[field.name] for field in fields(SimulatorConfig) if field.name in chosen}
    return typed(simulator_registry.load(name).config_schema, {**raw, "name": name}, "simulator")


def require_choice(chosen: SimulatorConfig, required: str | None, scenario: str, env: str) -> None:
    """Raises `ConfigError` unless `chosen` runs the environment `env`, which may require a simulator by its name."""
    if required is None and _runs(chosen.name, scenario):
        return
    if chosen.name == required:
        return
    allowed = [required] if required else [name for name in simulator_registry.names() if _runs(name, scenario)]
    raise ConfigError(
        f"simulator is {chosen.name!r}; allowed for env '{env}': {', '.join(allowed)}. "
        "Remove simulator= from the command, or choose another env=NAME."
    )


def _runs(simulator: str, scenario: str) -> bool:
    scenarios = simulator_registry.load(simulator).scenarios
    return scenarios is None or scenario in scenarios
