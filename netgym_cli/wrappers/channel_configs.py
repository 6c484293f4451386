"""Channels from plain Python: the record of a YAML file in conf/channel/, and the channel that a record describes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, Protocol

import gymnasium
import numpy as np

from netgym_cli.channels.base import Channel, DeliveryConfig, channel_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.conf_dirs import user_dirs
from netgym_cli.config.dotted import nested
from netgym_cli.config.schema import ChannelConfig, SimulatorConfig, require, typed


class WindowConfig(Protocol):
    """Window, seed and channel in one record, such as NetRL's `NetworkConfig`.

    Attributes:
        buffer_size: observations in the window, 1 or more.
        seed: of the channel until the first `reset(seed=...)`; None for a fresh one.
    """

    buffer_size: int
    seed: int | None

    def keys(self) -> dict[str, Any]:
        """Name and keys of the channel."""

    def validate(self) -> None:
        """Raises `ConfigError` for a seed that is none."""


def channel_config(name: str, config_dirs: Sequence[str | Path] = (), **keys: Any) -> ChannelConfig:
    """The record of conf/channel/`name`.yaml.

    Args:
        name: of a YAML file, such as `"mobile"`.
        config_dirs: your own conf directories, whose channel/ is searched too.
        keys: those that differ from the file, such as `loss=0.1`; nested ones as dictionaries, or with dots:
            `**{"action.name": "mobile", "action.loss": 0.1}`.

    Raises:
        ConfigError: unknown name or key, wrong type or impossible value.
    """
    return described({"name": name, **nested(keys, "channel")}, "channel", config_dirs)


def build(
    config: ChannelConfig,
    step_ms: float | None = None,
    env: gymnasium.Env[Any, Any] | None = None,
    simulator: SimulatorConfig | None = None,
) -> Channel[Any]:
    """The channel that a validated record describes, not reset yet.

    Args:
        config: its record.
        step_ms: duration of an environment step, ms; None: the environment's own or else the record's.
        env: the environment that it belongs to, whose step and simulator settings it takes over.
        simulator: how a simulator under the channel is run; None: as the environment's, or else by built-in deadlines.
    """
    whole = getattr(env, "unwrapped", None)
    own_ms = config.step_duration_ms if isinstance(config, DeliveryConfig) else 1.0
    require(step_ms is None or 0 < step_ms <= 1e6, "step_ms", step_ms, "above 0, to 1e6 ms")
    duration_ms = step_ms or getattr(whole, "step_ms", 0) or own_ms
    kind: Any = channel_registry.load(config.name)
    if kind.simulator is None:
        return kind(config, duration_ms)  # type: ignore[no-any-return]
    return kind(config, duration_ms, simulator or getattr(whole, "simulator_config", None))  # type: ignore[no-any-return]


def carried(channel: Channel[Any], payload_bytes: Any, key: str = "packet_size") -> int:
    """`payload_bytes`, if the channel can carry such a packet. Raises `ConfigError`."""
    most, whole = channel.largest_payload_bytes, isinstance(payload_bytes, int | np.integer)
    allowed = f"{'whole numbers from 1' if most == inf else f'1 to {most:.0f} bytes'} on {channel.config.name}"
    require(whole and 1 <= payload_bytes <= most, key, payload_bytes, allowed)
    return int(payload_bytes)


def described(given: Any, where: str, config_dirs: Sequence[str | Path] = ()) -> ChannelConfig:
    """The validated record of a channel that is named, described in part by a mapping with its `name`, or a record.

    Raises `ConfigError` that tells the place `where` in the config.
    """
    if isinstance(given, ChannelConfig):
        given.validate()
        return given
    from netgym_cli.config.members import channel_keys  # Hydra takes its time to import

    folders = user_dirs(config_dirs)
    keys = channel_keys(given, where, folders)
    if keys.get("action") is not None:
        keys["action"] = channel_keys(keys["action"], f"{where}.action", folders)
    return typed_channel(keys, where)


def typed_channel(keys: Any, where: str) -> ChannelConfig:
    """The validated record of all the keys of a channel, those of its action channel included.

    Raises `ConfigError` that tells the place `where` in the config.
    """
    if not isinstance(keys, Mapping) or not isinstance(keys.get("name"), str):
        raise ConfigError(f"{where} is {keys!r}; allowed: a mapping of all keys of a channel, its 'name' among them.")
    record = typed(channel_registry.load(keys["name"]).config_schema, keys, where)
    if record.action is not None:
        require(where != "channel.action", f"{where}.action", record.action, "null: actions have one channel")
        record.action = typed_channel(record.action, f"{where}.action")
    try:
        record.validate()
    except ConfigError as error:  # it speaks of channel, wherever this one stands
        raise ConfigError(re.sub(r"\bchannel\.", f"{where}.", str(error))) from error
    return record


def delivery_of(config: Any, channel: Any) -> tuple[DeliveryConfig, int | None]:
    """The record of the channel and window that two arguments describe together, and the first seed.

    Args:
        config: window and seed, and the channel if `channel` is None; or the channel alone.
        channel: a name or record of netgym's, which `config` then takes the window of, or a channel in NetRL's words.

    Raises:
        ConfigError: nothing usable was given, or a value is out of range.
    """
    if isinstance(config, ChannelConfig | str):
        config, channel = None, config
    if isinstance(channel, str):
        channel = channel_config(channel)
    if config is not None:
        config.validate()
    window = {} if config is None else {"buffer_size": config.buffer_size}
    if channel is None:
        if config is None:
            raise ConfigError("a NetworkedEnv needs a channel: pass channel_config('mobile') or a NetworkConfig.")
        channel = config
    if isinstance(channel, DeliveryConfig):
        record = type(channel)(**{**vars(channel), **window})
        record.validate()
    elif hasattr(channel, "keys") and not isinstance(channel, dict):
        record = channel_config(**{**channel.keys(), **window})  # type: ignore[assignment]
    else:
        raise ConfigError(
            f"channel_config is {channel!r}; allowed: a record such as channel_config('mobile'), NS3WifiConfig(...) or "
            "NS3WiFiChannelFastConfig(...)."
        )
    if record.action is not None:
        raise ConfigError("the channel has an action channel; wrap the environment in ActionChannelEnv instead.")
    return record, None if config is None else config.seed
