"""The user's own YAML files, looked at before Hydra does, which names neither the file nor the way out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs


def check_chosen(overrides: Sequence[str], folders: Sequence[Path]) -> None:
    """Raises `ConfigError` naming the file if what `overrides` choose from `folders` cannot be a config."""
    for override in overrides:
        group, _, names = override.partition("=")
        if group in conf_dirs.GROUPS:
            for name in names.split(","):
                check(group, name.strip(" '\""), folders)


def check(group: str, name: str, folders: Sequence[Path], chain: Sequence[str] = ()) -> None:
    """The same for one member; `chain` holds the names of those that build on it."""
    members = conf_dirs.members(group, folders)
    file = members.get(name)
    if file is None or file.is_relative_to(conf_dirs.builtin()):
        return
    if name in chain:
        raise ConfigError(
            f"{file} builds on itself: {' -> '.join([*chain, name])}; take one of them out of its 'defaults'."
        )
    base = next(iter(conf_dirs.members(group)))
    remedy = f"Begin it with 'defaults: [{base}, _self_]' to build on another, or give it every key, 'name' included."
    content = _read(file)
    if not isinstance(content, dict):
        held = {type(None): "nothing", str: "only text", list: "a list"}.get(type(content), repr(content))
        raise ConfigError(f"{file} holds {held}; allowed: a mapping of keys. {remedy}")
    if "name" not in content and "defaults" not in content:
        raise ConfigError(f"{file} has neither 'name' nor 'defaults'. {remedy}")
    bases = content.get("defaults", [])
    if not isinstance(bases, list):
        raise ConfigError(f"{file}: defaults is {bases!r}; allowed: a list, such as [{base}, _self_].")
    for base_name in bases:
        # Hydra's longer ways to name a file are left to Hydra.
        if not isinstance(base_name, str) or base_name == "_self_" or set(base_name) & set("/@$"):
            continue
        if base_name not in members:
            raise ConfigError(f"{file}: defaults: {conf_dirs.unknown_member(group, base_name, list(members))}")
        check(group, base_name, folders, [*chain, name])


def _read(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file} is not UTF-8 text: {error.reason} at byte {error.start}; save it as UTF-8."
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}; fix its permissions.") from error
    except yaml.YAMLError:
        return {"name": None}  # Hydra's own reader tells line and column
