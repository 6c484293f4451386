"""The adapter of a dataset's environment, made from the stored config: only netgym's own, never code that it names."""

from __future__ import annotations

from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import typed
from netgym_cli.datasets.tools.metadata import mapping, printable
from netgym_cli.envs.base import Adapter, env_registry


class NoAdapter(Exception):
    """No adapter can be made; the message says why."""


def adapter_of(noted: dict[str, Any]) -> Adapter[Any]:
    """The adapter of the environment that `noted` (netgym's metadata) describes.

    A `module:Class` is not imported and `gymnasium.make` not called: a dataset must not choose code to run.

    Raises:
        NoAdapter: it is not one of netgym's, or its config is not valid in this version.
    """
    config = mapping(noted.get("env"))
    name = config.get("name")
    if not isinstance(name, str) or not name:
        raise NoAdapter("the metadata names no environment")
    if name not in env_registry.names():
        whose = "an environment of your own, whose code a dataset may not call" if ":" in name else "none of netgym's"
        raise NoAdapter(f"'{printable(name)}' is {whose}")
    member = env_registry.load(name)
    if member.external_env:
        raise NoAdapter(f"env={name} has its rewards from a third-party environment")
    if _interpolates(config):
        raise NoAdapter("the stored config holds interpolations")
    try:
        record = typed(member.config_schema, config, "env")
        record.validate()
        return member(record)
    except ConfigError as error:
        raise NoAdapter(f"this netgym does not know the stored config: {printable(error)}") from error


def _interpolates(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_interpolates(inner) for pair in value.items() for inner in pair)
    if isinstance(value, list):
        return any(_interpolates(inner) for inner in value)
    return isinstance(value, str) and "${" in value
