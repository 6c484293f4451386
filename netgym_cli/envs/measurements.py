"""What adapters say of the measurements they observe: known names, and labels for the rows of an observation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.suggestions import did_you_mean

# Unit (empty for none) of a measurement and the range in which an observation of it is kept; and those of many by name.
Measurement = tuple[str, float, float]
Measurements = Mapping[str, Measurement]


def require_known(key: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raises `ConfigError` with the nearest known name for the first of `names` that is none of `known`."""
    known = list(known)
    for name in names:
        if name not in known:
            raise ConfigError(f"{key} has {name!r}.{did_you_mean(name, known, 0.4)} Known: {', '.join(known)}.")


def labels(names: Iterable[str], measurements: Measurements) -> tuple[str, ...]:
    """Each name with its unit behind it."""
    return tuple(f"{name}, {measurements[name][0]}" if measurements[name][0] else name for name in names)
