"""A run's environment behind its channels, and what an agent sees of it there."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium

from netgym_cli import adapters, channels
from netgym_cli.adapters import Adapter, stated_action
from netgym_cli.channels import DeliveryConfig
from netgym_cli.config import ChannelConfig, RunConfig
from netgym_cli.env import NetworkEnv
from netgym_cli.networked.action_channel_env import ActionChannelEnv
from netgym_cli.networked.multi_view_env import MultiViewEnv, views_space, windows_of
from netgym_cli.networked.multi_view_model import MultiViewModel
from netgym_cli.networked.networked_env import NetworkedEnv
from netgym_cli.networked.windows import Windows


def open_env(config: RunConfig) -> gymnasium.Env[Any, Any]:
    """The environment of a run, not started yet; `.unwrapped` is its `NetworkEnv`. Raises `ConfigError`."""
    return behind(NetworkEnv(config.env, config.simulator), config.channel)


def behind(network: NetworkEnv, config: ChannelConfig) -> gymnasium.Env[Any, Any]:
    """`network`, with observations and actions crossing the channels of `config`. Raises `ConfigError`."""
    env: gymnasium.Env[Any, Any] = network
    step_ms = network.adapter.step_ms or _step_ms(config)
    one_way = replace(config, action=None)
    if isinstance(one_way, DeliveryConfig) and one_way.ports > 1:
        model = MultiViewModel.shared_out(network.observation_space, one_way.ports)
        env = MultiViewEnv(env, model, one_way, step_ms=step_ms, nested=False)
    elif isinstance(one_way, DeliveryConfig):
        env = NetworkedEnv(env, channel_config=one_way, step_ms=step_ms)
    if config.action is not None:
        default = default_action(network.adapter, config)
        env = ActionChannelEnv(env, config.action, config.action_hold, default, step_ms)
    return env


def seen(adapter: Adapter[Any], config: ChannelConfig) -> Adapter[Any]:
    """`adapter` with the observations that an agent gets behind the channel.

    Raises `ConfigError` if its observations or actions cannot cross the channels.
    """
    if config.action is not None:
        default_action(adapter, config)
    if not isinstance(config, DeliveryConfig):
        return adapter
    behind_it = copy(adapter)
    if config.ports > 1:
        model = MultiViewModel.shared_out(adapter.observation_space, config.ports)
        views = {name: windows_of(model, name, config) for name in model.observer_ids}
        behind_it.observation_space = views_space(views, nested=False)
    else:
        windows = Windows(adapter.observation_space, config.buffer_size, config.fill == "hold", config.age)
        behind_it.observation_space = windows.space
    return behind_it


def default_action(adapter: Adapter[Any], config: ChannelConfig) -> Any:
    """What the actuator does without an action; None for the environment's default algorithm. Raises `ConfigError`."""
    if config.action_default is None and adapter.has_default:
        return None
    return stated_action(config.action_default, adapter.action_space, "channel.action_default")


def simulators_under(config: RunConfig) -> list[tuple[str, Path | None]]:
    """Name of every simulator that a run needs, each with the user's own scenario file if there is one."""
    adapter = adapters.registry.load(config.env.name)
    needed = [(adapter.simulator, adapter.source())]
    for one in (config.channel, config.channel.action):
        if one is not None and (simulator := channels.registry.load(one.name).simulator):
            needed.append((simulator, None))
    return list(dict.fromkeys(needed))


def _step_ms(config: ChannelConfig) -> float:
    timed = next(one for one in (config, config.action, None) if one is None or isinstance(one, DeliveryConfig))
    return timed.step_duration_ms if isinstance(timed, DeliveryConfig) else 1.0
