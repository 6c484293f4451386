"""The user's own YAML files, looked at before Hydra does, which names neither the file nor the way out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from netgym_cli.common.bounded import read_bytes, read_yaml
from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs


def check_chosen(overrides: Sequence[str], folders: Sequence[Path]) -> None:
    """Raises `ConfigError` naming the file if what `overrides` choose from `folders` cannot be a config."""
    for folder in folders:
        for file in (*folder.glob("*.yaml"), *folder.glob("*/*.yaml")):  # whichever of them Hydra is going to read
            _require_bounded(file)
    for override in overrides:
        group, _, names = override.partition("=")
        if group.lstrip("+") in conf_dirs.CHOICES:
            if ".." in names.replace(",", "/").strip("'\"").split("/"):
                raise ConfigError(f"'{override}' leads out of the config directories; --config-dir PATH adds another.")
            for name in names.split(",") if group in conf_dirs.GROUPS else ():
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
    content = read(file)
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


def read(file: Path) -> Any:
    """What a YAML file of the user's holds. Raises `ConfigError` if it cannot be read, but not for what is no YAML."""
    try:
        return read_yaml(file)
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file} is not UTF-8 text: {error.reason} at byte {error.start}; save it as UTF-8."
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}; fix its permissions.") from error
    except yaml.YAMLError:
        return {"name": None}  # Hydra's own reader tells line and column
    except ValueError as error:
        raise ConfigError(f"cannot read {file}: {error}; write it out in less.") from error


def _require_bounded(file: Path) -> None:
    with suppress(OSError):  # told if it is needed
        about = file.stat()
        _read_once(file, about.st_mtime_ns, about.st_size)


@cache
def _read_once(file: Path, changed_ns: int, size: int) -> None:
    if _may_unfold(file):
        read(file)


def _may_unfold(file: Path) -> bool:
    try:
        content = read_bytes(file)
    except OSError:
        return False
    except ValueError:
        return True
    return b"*" in content and b"&" in content
