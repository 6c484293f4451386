"""Settings that are a number, or a range [low, high] from which each session draws its own."""

from __future__ import annotations

import math
from typing import Any

from netgym_cli.config.schema import require


def require_number_or_range(key: str, value: Any, low: float, high: float, unit: str) -> None:
    """Raises `ConfigError` unless `value` is a number, or a rising list of two, from `low` to `high`."""
    ends = value if isinstance(value, list | tuple) else [value, value]
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) and low <= end <= high for end in ends)
    fits = numbers and len(ends) == 2 and ends[0] <= ends[1]
    require(fits, f"channel.{key}", value, f"a number or a range [low, high], {low:g} to {high:g}{unit}")


def highest(value: Any) -> float:
    """The number itself, or the upper end of the range."""
    return float(value[1] if isinstance(value, list | tuple) else value)


def drawn(value: Any, uniform: float, logarithmic: bool = False) -> float:
    """The number itself, or one from the range.

    Args:
        value: what `require_number_or_range` accepted; above 0 if `logarithmic`.
        uniform: a draw from [0, 1).
        logarithmic: whether the number's logarithm is uniform, and not the number.
    """
    if not isinstance(value, list | tuple):
        return float(value)
    low, high = map(float, value)
    if logarithmic:
        return min(high, low * math.exp(uniform * math.log(high / low)))
    return min(high, low + uniform * (high - low))
