"""A config that this user may not have written: what in it names code, and its values without resolving anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs
from netgym_cli.config.dotted import leaves

# Whatever these hold is imported, linked and loaded, started, or logged in to, but for words of netgym's own.
CODE_KEYS = {
    "agent.cls": (), "simulator.ns3_prefix": ("wheel",), "simulator.malloc": ("auto", "glibc"),
    "simulator.host": (), "simulator.command": (),
}  # fmt: skip
NAMED = re.compile(r"[^\W\d][\w.]*:[^\W\d]")  # module:Class, or the module:Id-v0 of Gymnasium
SESSION = re.compile(r"sessions\[\d+\]")  # holds keys of env
REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*(?:\.\w+)*)\}")
HARMLESS_ARGUMENTS = ("render_mode",)


def code_in(values: Mapping[str, Any]) -> list[str]:
    """Every `key=value` of a config that names code of others: modules, classes, libraries, a constructor's arguments.

    What it does not name is data: numbers, names of netgym's own members, of files with numbers.
    """
    return [f"{key}={value}" for key, value in leaves(values, lists=True) if _names_code(key, value)]


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a config that a file holds, with references to its own single values such as `${seed}` replaced.

    Raises `ConfigError` for every other interpolation: one could read the environment of this process.
    """
    return {key: _plain(value, key, values) for key, value in values.items()}


def _names_code(key: str, value: Any) -> bool:
    key = SESSION.sub("env", key)
    last = key.rpartition(".")[2]
    if last == "_target_" or (last == "name" and ":" in str(value)):
        return True
    if key == "env.id":
        return not _known_id(value)
    if (whole := key.partition("[")[0]) in CODE_KEYS:
        return value is not None and value not in CODE_KEYS[whole]
    if key.startswith("env.kwargs."):  # of a constructor of others
        return isinstance(value, str) and last not in HARMLESS_ARGUMENTS
    return isinstance(value, str) and NAMED.match(value) is not None


def _known_id(value: Any) -> bool:
    """Whether Gymnasium itself, or netgym, has registered this environment."""
    import gymnasium

    spec = gymnasium.registry.get(value) if isinstance(value, str) else None
    entry_point = spec.entry_point if spec else None
    return isinstance(entry_point, str) and entry_point.startswith(("gymnasium.envs.", "netgym_cli."))


def _plain(value: Any, key: str, whole: Mapping[str, Any], depth: int = 0) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part, f"{key}.{name}", whole, depth) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, f"{key}[{place}]", whole, depth) for place, part in enumerate(value)]
    if not (isinstance(value, str) and "${" in value):
        return value
    found: Any = whole
    match = REFERENCE.fullmatch(value)
    for name in match[1].split(".") if match and depth < len(conf_dirs.GROUPS) else ["${"]:
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None or isinstance(found, Mapping | list | tuple):
        raise ConfigError(f"{key} is {value!r}; allowed: a value, because a run's config is taken as it stands.")
    return _plain(found, key, whole, depth + 1)
