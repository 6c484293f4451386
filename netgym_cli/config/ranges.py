"""Settings that are a number, or a range [low, high] from which each session draws its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from netgym_cli.config.fields import Range, restricted


@dataclass(frozen=True)
class NumberOrRange(Range):
    """The numbers from `low` to `high`, and rising lists of two of them."""

    each: ClassVar[bool] = False

    def __contains__(self, value: object) -> bool:
        ends: Sequence[Any] = value if isinstance(value, list | tuple) else [value, value]
        numbers = all(super(NumberOrRange, self).__contains__(end) and not isinstance(end, bool) for end in ends)
        return numbers and len(ends) == 2 and ends[0] <= ends[1]

    def __str__(self) -> str:
        return f"a number or a range [low, high], {super().__str__()}"


def drawn_from(low: float, high: float, null: str | None = None) -> Any:
    """A field for a number from `low` to `high`, or a range of which each session draws its own."""
    return restricted(NumberOrRange(low, high), null=null)


def highest(value: Any) -> float:
    """The number itself, or the upper end of the range."""
    return float(value[1] if isinstance(value, list | tuple) else value)


def drawn(value: Any, uniform: float, logarithmic: bool = False) -> float:
    """The number itself, or one from the range.

    Args:
        value: what a field of `drawn_from` may hold; above 0 if `logarithmic`.
        uniform: a draw from [0, 1).
        logarithmic: whether the number's logarithm is uniform, and not the number.
    """
    if not isinstance(value, list | tuple):
        return float(value)
    low, high = map(float, value)
    if logarithmic:
        return min(high, low * math.exp(uniform * math.log(high / low)))
    return min(high, low + uniform * (high - low))
