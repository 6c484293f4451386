"""A run's environment behind its channels, and what an agent sees of it there."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

import gymnasium

from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.config.schema import ChannelConfig, RunConfig
from netgym_cli.envs.base import Adapter
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.wrappers.action_channel_env import ActionChannelEnv, default_action
from netgym_cli.wrappers.multi_view_env import MultiViewEnv
from netgym_cli.wrappers.multi_view_model import MultiViewModel
from netgym_cli.wrappers.networked_env import NetworkedEnv


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
        env = ActionChannelEnv(env, config.action, config.action_hold, config.action_default, step_ms)
    return env


def seen(network: NetworkEnv, config: ChannelConfig) -> Adapter[Any]:
    """The adapter of `network`, with the observations that an agent gets behind the channel.

    Raises `ConfigError` if its observations or actions cannot cross the channels.
    """
    if config.action is not None:
        default_action(network, config.action_default, "channel.action_default")
    adapter = copy(network.adapter)
    adapter.observation_space = behind(network, config).observation_space
    return adapter


def _step_ms(config: ChannelConfig) -> float:
    timed = [way for way in (config, config.action) if isinstance(way, DeliveryConfig)]
    return timed[0].step_duration_ms if timed else 1.0
