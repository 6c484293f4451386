"""Keys as messages and the command line write them, `env.nr.tx_power_dbm`, among the keyword arguments of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netgym_cli.common.errors import ConfigError


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
