"""Channels from plain Python: the record of a YAML file in conf/channel/, and the channel that a record describes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.channels import Channel, DeliveryConfig, registry
from netgym_cli.confdirs import members
from netgym_cli.config import ChannelConfig, typed
from netgym_cli.errors import ConfigError
from netgym_cli.registry import unknown


def channel_config(name: str, **keys: Any) -> ChannelConfig:
    """The record of conf/channel/`name`.yaml.

    Args:
        name: of a YAML file, such as `"mobile"`.
        keys: those that differ from the file, such as `loss=0.1`.

    Raises:
        ConfigError: unknown name or key, wrong type or impossible value.
    """
    return completed({"name": name, **keys}, "channel")


def build(config: ChannelConfig, step_ms: float | None = None) -> Channel[Any]:
    """The channel that a validated record describes, not reset yet.

    Args:
        config: its record.
        step_ms: duration of an environment step, ms; None: the record's `step_duration_ms`.
    """
    own = config.step_duration_ms if isinstance(config, DeliveryConfig) else 1.0
    return registry.load(config.name)(config, own if step_ms is None else step_ms)


def completed(given: Any, where: str) -> ChannelConfig:
    """The validated record of a channel that is named, described in part by a mapping with its `name`, or a record.

    Raises `ConfigError` that tells the place `where` in the config.
    """
    if isinstance(given, ChannelConfig):
        given.validate()
        return given
    raw = {"name": given} if isinstance(given, str) else given
    if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
        raise ConfigError(f"{where} is {given!r}; allowed: the name of a channel, or a mapping with its 'name'.")
    name, files = raw["name"], members("channel")
    if ":" in name:
        content: dict[str, Any] = dict(raw)
    elif name not in files:
        raise ConfigError(f"{where}: {unknown('channel', name, list(files))}")
    else:
        content = {**_content(files[name]), **{key: value for key, value in raw.items() if key != "name"}}
    record = typed(registry.load(content["name"]).config_schema, content, where)
    if record.action is not None:
        record.action = completed(record.action, f"{where}.action")
    record.validate()
    return record


def _content(file: Path) -> dict[str, Any]:
    """The keys of a YAML file and, under them, of those that it builds on."""
    own: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(file))  # type: ignore[assignment]
    below: dict[str, Any] = {}
    for base in own.pop("defaults", []):
        if base != "_self_":
            below.update(_content(file.with_name(f"{base}.yaml")))
    return {**below, **own}
