"""Nested values and the dotted keys, `env.nr.tx_power_dbm`, that messages and the command line write for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netgym_cli.common.errors import ConfigError


def leaves(value: Any, key: str = "", lists: bool = False) -> Iterator[tuple[str, Any]]:
    """Dotted key and value of everything in `value` that is not nested any further; an empty mapping is not.

    Args:
        value: nested mappings.
        key: what the dotted keys begin with.
        lists: whether to look into lists, too: `sessions[0].name`.
    """
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from leaves(part, f"{key}.{name}".strip("."), lists)
    elif lists and isinstance(value, list | tuple) and value:
        for place, part in enumerate(value):
            yield from leaves(part, f"{key}[{place}]", lists)
    else:
        yield key, value


def nested(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """`given` as nested dictionaries, with nothing of its own dictionaries shared.

    Args:
        given: keys to values, nested by dictionaries or by dots, as in `{"nr.tx_power_dbm": 20}`.
        where: the place in the whole config, such as `env`; a key may begin with it, as it does in messages.

    Raises:
        ConfigError: a key is given twice.
    """
    whole: dict[str, Any] = {}
    for key, value in given.items():
        _put(whole, key.removeprefix(f"{where}.").split("."), value, where)
    return whole


def _put(place: dict[str, Any], path: Sequence[str], value: Any, where: str) -> None:
    name, *rest = path
    here = f"{where}.{name}"
    if not rest and not isinstance(value, Mapping):
        if name in place:
            _refuse(here)
        place[name] = value
        return
    inner = place.setdefault(name, {})
    if not isinstance(inner, dict):
        _refuse(here)
    if rest:
        _put(inner, rest, value, here)
    else:
        for key, part in value.items():
            _put(inner, [key], part, here)


def _refuse(key: str) -> None:
    raise ConfigError(f"'{key}' is given twice, under two names or as a whole and by its parts; give it once.")
