"""The simulators that a run needs: the one under its environment and those under its channels."""

from __future__ import annotations

from netgym_cli.channels.base import channel_registry
from netgym_cli.common.user_code import before_a_run
from netgym_cli.config.schema import ChannelConfig, RunConfig, SimulatorConfig
from netgym_cli.envs.base import env_registry
from netgym_cli.simulators import selection
from netgym_cli.simulators.selection import RequiredSimulator, settings_of
from netgym_cli.wrappers.trials import try_channels, try_simulator


def required_simulators(config: RunConfig) -> list[RequiredSimulator]:
    """Every simulator that a run needs, each once. Raises `ConfigError` for an unknown one."""
    adapter = env_registry.load(config.env.name)
    needed = [RequiredSimulator(settings_of(adapter.required_simulator, config.simulator), adapter.source())]
    for simulator in simulators_of_channel(config.channel, config.simulator):
        if simulator not in needed:
            needed.append(simulator)
    return needed


def simulators_of_channel(channel: ChannelConfig, chosen: SimulatorConfig) -> list[RequiredSimulator]:
    """The simulators under a channel and its action channel, where the run has chosen `chosen`."""
    channels = [channel] if channel.action is None else [channel, channel.action]
    names = [channel_registry.load(way.name).simulator for way in channels]
    return [RequiredSimulator(settings_of(name, chosen).here()) for name in names if name is not None]


@before_a_run()
def check_simulators(config: RunConfig) -> None:
    """Whether all that a run needs can work here; leaves no trace. Raises `ConfigError` or `BuildError`.

    What of the user's own does not tell beforehand, is tried.
    """
    selection.check(required_simulators(config))
    try_simulator(config)
    try_channels(config.channel)


def prepare_simulators(config: RunConfig) -> None:
    """Does what needs doing once per machine for all that a run needs, such as compiling. Raises `BuildError`."""
    selection.prepare(required_simulators(config))
