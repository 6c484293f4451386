"""Why a key that others know is unknown here: another member of the group has it, or nothing has been chosen yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from netgym_cli.config import conf_dirs
from netgym_cli.config.overrides import ACTION_CHANNEL

MOST = 4  # members that a message names


def why_unknown(key: str, chosen: Mapping[str, Any], folders: Sequence[Path]) -> str | None:
    """The message for a dotted `key` that the members chosen do not have and others do; None if none has it.

    Args:
        key: the unknown key.
        chosen: group to the name of its member.
        folders: the user's conf directories.
    """
    group, _, rest = key.partition(".")
    if key.startswith(f"{ACTION_CHANNEL}."):
        group, rest = ACTION_CHANNEL, key.removeprefix(f"{ACTION_CHANNEL}.")
    files = conf_dirs.members(group.partition(".")[0], folders) if rest else {}
    first = rest.partition(".")[0]
    having = [name for name in files if first in _inherited(name, files)]
    having.sort(key=lambda name: ["name" not in _content(files[name]), name])  # variants of others behind them
    if not having or chosen.get(group) in having:
        return None
    others = ", ".join([*(f"{group}={name}" for name in having[:MOST]), *(["..."] if len(having) > MOST else [])])
    return f"unknown key '{key}': {group}={chosen.get(group) or 'null'} has no {rest}. Choose one that has: {others}."


def _content(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):  # what is wrong with it is told when it is chosen
        return {}
    return content if isinstance(content, dict) else {}


def _inherited(name: str, files: Mapping[str, Path], below: tuple[str, ...] = ()) -> set[str]:
    """The keys of a member, those of what it builds on included."""
    content = _content(files[name])
    keys = set(content)
    bases = content.get("defaults")
    for base in bases if isinstance(bases, list) else []:
        if isinstance(base, dict):  # a part that has files of its own
            keys |= set(map(str, base))
        elif base in files and base not in below:
            keys |= _inherited(base, files, (*below, name))
        elif isinstance(base, str) and base.startswith("/"):
            keys |= set(_content(conf_dirs.builtin() / f"{base.strip('/').partition('@')[0]}.yaml"))
    return keys
