"""What there is to choose from and what each key means, read from the YAML files and the members themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from netgym_cli.config import conf_dirs
from netgym_cli.config.dotted import leaves
from netgym_cli.config.units import unit


@dataclass(frozen=True)
class Member:
    """A choice of a `group` (env, agent, channel, simulator, experiment): `name`, one line of `meaning` and `file`."""

    group: str
    name: str
    meaning: str
    file: Path


@dataclass(frozen=True)
class Key:
    """One config key: dotted `key`, `default` as composed, and texts that may be empty.

    Attributes:
        unit: of its number.
        allowed: the values that it may have, in the unit.
        meaning: the comment in its YAML file.
    """

    key: str
    default: Any
    unit: str
    allowed: str
    meaning: str


def members(groups: Iterable[str] = conf_dirs.CHOICES, config_dirs: Sequence[str | Path] = ()) -> list[Member]:
    """Everything that `groups` can be set to, netgym's and that of `config_dirs`. Raises `ConfigError`."""
    folders = conf_dirs.user_dirs(config_dirs)
    return [
        Member(group, name, first_comment(file), file)
        for group in groups
        for name, file in conf_dirs.members(group, folders).items()
    ]


def first_comment(file: Path) -> str:
    """The comment that begins `file`, behind what it tells Hydra, and says what it is; empty if there is none."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        line = next((line for line in lines if not line.startswith("# @")), "")
    return line.removeprefix("#").strip() if line.startswith("#") else ""


def keys(
    config: Mapping[str, Any],
    files: Iterable[tuple[str, Path]],
    group: str = "",
    allowed: Mapping[str, str] = MappingProxyType({}),
) -> list[Key]:
    """The keys of a composed config, with the meanings that its YAML files give them.

    Args:
        config: plain nested values of the whole config.
        files: (place in the config, file) of every YAML file composed; a later one's comment wins.
        group: only the keys of this part, such as `"env"`, those that it shares with other members last; empty for all.
        allowed: dotted key to the values that it may have, in words, as far as they are known.
    """
    meanings: dict[str, str] = {}
    homes, shared = {""}, set[str]()
    for home, file in files:
        prefix = f"{home}." if home else ""
        commented = {prefix + key: meaning for key, meaning in comments(file.read_text(encoding="utf-8")).items()}
        meanings |= commented
        homes.add(prefix)
        if file.parent.name not in conf_dirs.GROUPS:
            shared |= commented.keys()
    chosen = {group: config[group]} if group else config
    listed = [
        Key(key, value, unit(key), allowed.get(key, ""), _nearest(meanings, key)) for key, value in leaves(chosen)
    ]
    if not group:
        return listed
    return sorted(listed, key=lambda key: (max(home for home in homes if key.key.startswith(home)), key.key in shared))


def comments(text: str) -> dict[str, str]:
    """Dotted key to the comment behind it, lines that go on below it (indented more than the key) included."""
    lines = text.splitlines()
    meanings: dict[str, str] = {}

    def visit(node: yaml.Node | None, prefix: str) -> None:
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            dotted = prefix + str(key.value)
            inline = isinstance(value, yaml.ScalarNode) or value.flow_style
            end = value.end_mark if inline else key.end_mark
            words = [_comment(lines[end.line][end.column :].lstrip(":"))]
            for line in lines[end.line + 1 :]:
                if not line.lstrip().startswith("#") or len(line) - len(line.lstrip()) <= key.start_mark.column:
                    break
                words.append(_comment(line))
            if meaning := " ".join(filter(None, words)):
                meanings[dotted] = meaning
            visit(value, f"{dotted}.")

    visit(yaml.compose(text, Loader=yaml.SafeLoader), "")
    return meanings


def _nearest(meanings: Mapping[str, str], key: str) -> str:
    """The meaning of `key`, or of what it is part of: a position written in one line has one comment."""
    while key not in meanings and "." in key:
        key = key.rpartition(".")[0]
    return meanings.get(key, "")


def _comment(text: str) -> str:
    text = text.strip()
    return text.lstrip("#").strip() if text.startswith("#") else ""
