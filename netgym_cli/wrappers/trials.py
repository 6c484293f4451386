"""What of a user's own simulator or channel shows only when it is called: tried once, before a run leaves a trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netgym_cli.channels.base import Arrival, Channel, DeliveryConfig
from netgym_cli.common.errors import ConfigError, NetgymError
from netgym_cli.common.user_code import told, written_in
from netgym_cli.config.schema import ChannelConfig, RunConfig
from netgym_cli.envs.answers import measured
from netgym_cli.envs.base import adapter_of
from netgym_cli.simulators.base import simulator_registry
from netgym_cli.wrappers.channel_configs import build

COUNTERS = ("sent", "arrived", "lost", "in_flight", "duplicates", "queue_bytes")
_tried: set[tuple[str, str]] = set()


def try_simulator(run: RunConfig) -> None:
    """Starts the user's simulator that the run has chosen, if it does not say which scenarios it runs.

    Raises `ConfigError` if it cannot start this one. Each is tried once in a process.
    """
    adapter = adapter_of(run.env)
    kind = simulator_registry.load(run.simulator.name)
    trial = (run.simulator.name, adapter.scenario)
    chosen = adapter.required_simulator in (None, run.simulator.name)
    if ":" not in run.simulator.name or kind.scenarios is not None or trial in _tried or not chosen:
        return
    simulator = kind(run.simulator, adapter.source())
    try:
        measured(simulator.start(adapter.scenario, adapter.settings(), run.seed), simulator, "start", (0, 0, 0))
    except Exception as error:
        raise ConfigError(
            f"simulator '{run.simulator.name}' cannot start the scenario {adapter.scenario!r} of env '{run.env.name}': "
            f"{told(error)}. Choose another env=NAME or simulator=NAME; `scenarios = frozenset({{...}})` in "
            f"{kind.__name__}{written_in(kind)} would say which scenarios it runs."
        ) from error
    finally:
        simulator.close()
    _tried.add(trial)


def try_channels(config: ChannelConfig) -> None:
    """Sends a packet through each of the user's own channels. Raises `ConfigError` for answers that are not due."""
    for record in (config, config.action):
        if isinstance(record, DeliveryConfig) and ":" in record.name:
            _try_channel(record)


def _try_channel(record: DeliveryConfig) -> None:
    channel = build(record)
    if channel.simulator is not None:
        return  # nothing is started for a trial that takes a simulator
    try:
        channel.reset(0)
        number = channel.send(record.packet_size_bytes or 1, 0.0)
        arrivals = channel.advance(channel.step_ms)
        info = channel.info()
    except NetgymError:
        raise
    except Exception as error:
        raise ConfigError(f"channel '{record.name}': {told(error)}") from error
    finally:
        channel.close()
    _require(channel, "send", number == 0, number, "the packet's number, 0 for the first after a reset")
    fits = isinstance(arrivals, list) and all(isinstance(arrival, tuple) and len(arrival) == 4 for arrival in arrivals)
    _require(channel, "advance", fits, arrivals, f"a list of {Arrival.__module__}.{Arrival.__name__}")
    missing = [key for key in ("state", *COUNTERS) if not isinstance(info, Mapping) or key not in info]
    example = '{"state": "GOOD", ' + ", ".join(f'"{key}": 0' for key in COUNTERS) + "}"
    _require(channel, "info", not missing, info, f"a dictionary with {', '.join(missing)} too, such as {example}")


def _require(channel: Channel[Any], method: str, fits: bool, answer: Any, allowed: str) -> None:
    if not fits:
        where = written_in(getattr(type(channel), method))
        raise ConfigError(
            f"channel '{channel.config.name}': {type(channel).__name__}.{method}(){where} answered {answer!r}; "
            f"allowed: {allowed}."
        )
