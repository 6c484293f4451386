"""A run's environment behind its channels, and what an agent meets of it there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium

from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.config.schema import ChannelConfig, RunConfig
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.wrappers.action_channel_env import ActionChannelEnv, default_action
from netgym_cli.wrappers.multi_view_env import MultiViewEnv
from netgym_cli.wrappers.multi_view_model import MultiViewModel
from netgym_cli.wrappers.networked_env import NetworkedEnv


def open_env(config: RunConfig) -> gymnasium.Env[Any, Any]:
    """The environment of a run, not started yet; `.unwrapped` is its `NetworkEnv`. Raises `ConfigError`."""
    return wrap_with_channels(NetworkEnv(config.env, config.simulator), config.channel)


def wrap_with_channels(network: NetworkEnv, config: ChannelConfig) -> gymnasium.Env[Any, Any]:
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


def agent_spec(network: NetworkEnv, config: ChannelConfig) -> AgentSpec:
    """What an agent meets of `network` behind its channels.

    Raises `ConfigError` if its observations or actions cannot cross the channels.
    """
    if config.action is not None:
        default_action(network, config.action_default, "channel.action_default")
    env = wrap_with_channels(network, config)
    return AgentSpec(network.adapter, env.observation_space, env.action_space)


def _step_ms(config: ChannelConfig) -> float:
    channels = [channel for channel in (config, config.action) if isinstance(channel, DeliveryConfig)]
    return channels[0].step_duration_ms if channels else 1.0
