"""A variant of one of netgym's environments: only what differs from its YAML, checked, and written as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.compat.networkgym.multi_access import IMPLIED, SLICES, flat
from netgym_cli.config.schema import typed
from netgym_cli.envs.base import env_registry

# Keys with values that netgym may not support: such a key is left out, with netgym's message, and the rest is kept.
MAY_BE_UNSUPPORTED = (
    "downlink_traffic", "reward", "gma.mx_algorithm", "gma.enable_dynamic_flow_prioritization",
    "per_slice_config.dedicated_rbg", "per_slice_config.prioritized_rbg", "per_slice_config.shared_rbg",
    "user_location_range.z_m", "measurement_interval_ms",
)  # fmt: skip


def fill_slices(values: dict[str, Any], base: Mapping[str, Any]) -> dict[str, str]:
    """Gives every list of `base`'s slices as many entries as `values` has slices; returns what was added and why."""
    added: dict[str, str] = {}
    users = values.get(f"{SLICES}.num_users")
    for name, entries in (base.get(SLICES) or {}).items():
        key = f"{SLICES}.{name}"
        if users is None or key in values:
            continue
        filler = IMPLIED.get(name, entries[-1])
        values[key] = [filler] * len(users)
        added[key] = "as NetworkGym did" if name in IMPLIED else "as the last slice of the base"
    return added


def changed(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """The `values` that differ from `base`."""
    before = dict(flat(base))
    return {key: value for key, value in values.items() if key not in before or before[key] != value}


def remove_unsupported(values: dict[str, Any], base: Mapping[str, Any], olds: Mapping[str, str]) -> dict[str, str]:
    """Removes values that netgym does not support; returns their keys, each with netgym's message.

    Raises:
        ConfigError: a value that is wrong in NetworkGym, too, with the key it came from.
    """
    refused: dict[str, str] = {}
    while True:
        for key, value in values.items():
            _require_same_kind(key, value, dict(flat(base)).get(key), olds)
        try:
            merged = OmegaConf.merge(dict(base), nested(values))
            typed(env_registry.load(base["name"]).config_schema, merged, "env").validate()  # type: ignore[arg-type]
        except ConfigError as error:
            named = [key for key in values if f"env.{key} " in str(error) or f"'env.{key}'" in str(error)]
            unsupported = next((key for key in named if key in MAY_BE_UNSUPPORTED), None)
            if unsupported is None:
                source = next((f" (from '{olds[key]}')" for key in named if key in olds), "")
                raise ConfigError(f"{error}{source}") from error
            refused[unsupported] = str(error)
            del values[unsupported]
        else:
            return refused


def _require_same_kind(key: str, value: Any, before: Any, olds: Mapping[str, str]) -> None:
    for kind, name in ((list, "a list"), (dict, "a mapping")):
        if isinstance(before, kind) and not isinstance(value, kind):
            raise ConfigError(f"'{olds.get(key, key)}' is {value!r}; allowed: {name}, as in env.{key}.")


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as nested dictionaries."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *path, last = key.split(".")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return tree


def yaml_text(title: str, base: str, values: Mapping[str, Any], comments: Mapping[str, str]) -> str:
    """The variant's file: its title, the base and the keys that differ, with comments behind them."""
    lines = [f"# {title}", f"defaults: [{base}, _self_]"]
    path: list[str] = []
    # Sorted into one tree: keys of one mapping need not follow each other in `values`.
    for key, value in flat(nested(values)):
        *parts, last = key.split(".")
        for depth, part in enumerate(parts):
            if path[: depth + 1] != parts[: depth + 1]:
                lines.append(f"{'  ' * depth}{part}:")
        path = parts
        text = (
            yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False).removesuffix("...\n").strip()
        )
        comment = f"  # {comments[key]}" if comments.get(key) else ""
        lines.append(f"{'  ' * len(parts)}{last}: {text}{comment}")
    return "\n".join(lines) + "\n"
