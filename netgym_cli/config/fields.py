"""What a field of a config record may hold, said where the field is defined.

    queue_bytes: int = ranged(1500, 2**31 - 1)
    tau: float = ranged(above=0, high=1)
    rate_control: str = one_of("Ideal", "MinstrelHt")

In a list it holds for every entry.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, ClassVar, NoReturn, Protocol

from omegaconf import MISSING

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.suggestions import did_you_mean
from netgym_cli.config.units import unit

INF = math.inf
ALLOWED = "allowed"  # key of a field's metadata


class Domain(Protocol):
    """A set of values; `str` puts it in words.

    Attributes:
        each: whether it holds for the entries of a list, and not for the list.
    """

    each: ClassVar[bool]

    def __contains__(self, value: object) -> bool: ...


@dataclass(frozen=True)
class Range:
    """The numbers from `low` to `high`; infinite ends leave a side open.

    Attributes:
        above: whether `low` itself is left out.
        below: whether `high` itself is left out.
    """

    each: ClassVar[bool] = True

    low: float
    high: float
    above: bool = False
    below: bool = False

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, Real):
            return False
        number = float(value)
        from_low = self.low < number if self.above else self.low <= number
        return from_low and (number < self.high if self.below else number <= self.high)

    def __str__(self) -> str:
        low, high = number(self.low), number(self.high)
        if math.isinf(self.high):
            return f"above {low}" if self.above else f"{low} or more"
        if self.above:
            return f"between {low} and {high}" if self.below else f"above {low}, up to {high}"
        return f"{low} or more, below {high}" if self.below else f"{low} to {high}"


@dataclass(frozen=True)
class Choice:
    """Some values, given as they are or by a function that gives them once they are known."""

    each: ClassVar[bool] = True

    values: tuple[Any, ...] | Callable[[], Iterable[Any]]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values() if callable(self.values) else self.values)

    def __contains__(self, value: object) -> bool:
        return value in tuple(self)

    def __str__(self) -> str:
        return ", ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in self)


@dataclass(frozen=True)
class Rule:
    """The values for which `holds` is true, and which `words` describe."""

    each: ClassVar[bool] = False

    holds: Callable[[Any], bool]
    words: str

    def __contains__(self, value: object) -> bool:
        return self.holds(value)

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Allowed:
    """What a field may hold.

    Attributes:
        domain: its values.
        null: what null stands for; None: it is not allowed.
        note: a remark for messages, such as `"0: never"`.
        words: what messages say instead of all this.
    """

    domain: Domain
    null: str | None = None
    note: str = ""
    words: str = ""

    def __contains__(self, value: object) -> bool:
        if value is None:
            return self.null is not None
        return all(item in self.domain for item in self._items(value))

    def __str__(self) -> str:
        return f"{self.domain}{'' if self.null is None else ', or null'}"

    def message(self, key: str) -> str:
        """The words for messages, with the unit of `key`."""
        if self.words:
            return self.words
        text = str(self.domain)
        if isinstance(self.domain, Range) and (name := unit(key)):
            text += f", {name}" if text.endswith("or more") else f" {name}"
        if self.null is not None:
            text += ", or null" + (f" for {self.null}" if self.null else "")
        return f"{text}; {self.note}" if self.note else text

    def refuse(self, key: str, value: object) -> NoReturn:
        """Raises `ConfigError` for a value that is not allowed; of a list of choices, it names the first wrong one."""
        hint = ""
        if isinstance(self.domain, Choice) and value is not None:
            value = next(item for item in self._items(value) if item not in self.domain)
            hint = did_you_mean(value, map(str, self.domain)) if isinstance(value, str) else ""
        raise ConfigError(wrong_value(key, value, self.message(key)) + hint)

    def _items(self, value: object) -> Iterable[object]:
        return value if self.domain.each and isinstance(value, list | tuple) else (value,)


def ranged(
    low: float = -INF,
    high: float = INF,
    *,
    above: float | None = None,
    below: float | None = None,
    null: str | None = None,
    note: str = "",
    words: str = "",
    default: Any = MISSING,
) -> Any:
    """A field for numbers from `low` to `high`, or `above` and `below` others, which are left out themselves.

    See `Allowed` for the other arguments.
    """
    numbers = Range(
        low if above is None else above, high if below is None else below, above is not None, below is not None
    )
    return restricted(numbers, null=null, note=note, words=words, default=default)


def one_of(*choices: Any, null: str | None = None, default: Any = MISSING) -> Any:
    """A field for one of `choices`, or of those that the single function given returns."""
    lazily = len(choices) == 1 and callable(choices[0])
    return restricted(Choice(choices[0] if lazily else choices), null=null, default=default)


def such_that(holds: Callable[[Any], bool], words: str, *, null: str | None = None, default: Any = MISSING) -> Any:
    """A field for values of which `holds` is true; `words` say which ones."""
    return restricted(Rule(holds, words), null=null, default=default)


def restricted(
    domain: Domain, *, null: str | None = None, note: str = "", words: str = "", default: Any = MISSING
) -> Any:
    """A field for the values of `domain`."""
    return dataclasses.field(default=default, metadata={ALLOWED: Allowed(domain, null, note, words)})


def check_fields(record: Any, where: str) -> None:
    """Raises `ConfigError` for the first field of a record whose value it may not hold.

    Records in it are checked, too, unless they have a `validate` of their own.

    Args:
        record: a dataclass.
        where: dotted place of `record` in the whole config, for messages.
    """
    for field in dataclasses.fields(record):
        value, key = getattr(record, field.name), f"{where}.{field.name}".strip(".")
        allowed: Allowed | None = field.metadata.get(ALLOWED)
        if allowed is not None and value not in allowed:
            allowed.refuse(key, value)
        for place, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if dataclasses.is_dataclass(item) and not hasattr(item, "validate"):
                check_fields(item, key if place is None else f"{key}[{place}]")


def allowed_values(record: Any, where: str) -> Iterator[tuple[str, Allowed]]:
    """Dotted key and what it may hold, for every field of a record, and of the records in it, that says so.

    Records in it are values of its fields, or what its method `parts` gives for the names of some.
    """
    for name, part in record.parts().items() if hasattr(record, "parts") else ():
        yield from allowed_values(part, f"{where}.{name}")
    for field in dataclasses.fields(record):
        value, key = getattr(record, field.name), f"{where}.{field.name}".strip(".")
        if ALLOWED in field.metadata:
            yield key, field.metadata[ALLOWED]
        if dataclasses.is_dataclass(value):
            yield from allowed_values(value, key)


def wrong_value(key: str, value: object, allowed: str) -> str:
    """The one form of all messages about a value."""
    return f"{key} is {value!r}; allowed: {allowed}."


def number(value: float) -> str:
    """A number with all of its digits: neither 1e+06 nor 2.14748e+09."""
    if math.isinf(value) or value != int(value):
        return str(value) if math.isinf(value) else f"{Decimal(str(value)):f}"
    return str(int(value))
