"""Under which condition a field of a config record is read, said where the field is defined.

    fading_coherence_ms: float = read_unless("nr.fading_sigma_db", 0, of=ranged(above=0))
    nr: Nr = read_unless("nr_gnb_locations", [])

The condition is on another key of the same member, written without the member's own place. What holds for a record,
holds for the fields in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

from omegaconf import MISSING

READ = "read"  # key of a field's metadata


@dataclass(frozen=True)
class Condition:
    """A field is read while the value of another one, `key`, satisfies `holds`; without `key`, never, and `why`."""

    key: str
    holds: Callable[[Any], bool]
    why: str = ""

    def objection(self, member: Any, where: str) -> str | None:
        """Why the field is not read, as a clause; None if it is."""
        if not self.key:
            return self.why
        try:
            value = reduce(getattr, self.key.split("."), member)
        except AttributeError:  # several members share the field's record, and not all have the other key
            return f"there is no {where}.{self.key}"
        return None if self.holds(value) else f"{where}.{self.key} is {_text(value)}"


def read_if(key: str, *values: Any, of: Any = MISSING) -> Any:
    """The field `of`, which is read while `key` has one of `values`."""
    return read_while(key, lambda value: value in values, of=of)


def read_unless(key: str, *values: Any, of: Any = MISSING) -> Any:
    """The field `of`, which is read while `key` has none of `values`."""
    return read_while(key, lambda value: value not in values, of=of)


def read_while(key: str, holds: Callable[[Any], bool], of: Any = MISSING) -> Any:
    """The field `of`, which is read while the value of `key` satisfies `holds`; it may have several conditions."""
    before = of.metadata.get(READ, ()) if isinstance(of, dataclasses.Field) else ()
    return _with((*before, Condition(key, holds)), of)


def never_read(why: str, of: Any = MISSING) -> Any:
    """The field `of`, which is there for configs of other programs; `why` is a clause."""
    return _with((Condition("", lambda value: False, why),), of)


def always_read(of: Any = MISSING) -> Any:
    """The field `of`, which is read whatever holds for the record that it is in."""
    return _with(None, of)


def without_effect(member: Any, where: str, given: Collection[str]) -> Iterator[str]:
    """A sentence for each of the `given` keys that is not read.

    Args:
        member: the record of an environment, agent, channel or simulator, validated.
        where: its dotted place in the config.
        given: dotted keys of the whole config.
    """
    for key in given:
        for condition in _conditions(member, key.removeprefix(f"{where}.")) if key.startswith(f"{where}.") else ():
            if (objection := condition.objection(member, where)) is not None:
                yield f"{key} has no effect: {objection}"
                break


def _conditions(record: Any, key: str) -> tuple[Condition, ...]:
    found: tuple[Condition, ...] = ()
    for part in key.split("."):
        fields = {field.name: field for field in dataclasses.fields(record)} if dataclasses.is_dataclass(record) else {}
        if part not in fields:
            break
        own = fields[part].metadata.get(READ, ())
        found = () if own is None else (*found, *own)
        record = getattr(record, part)
    return found


def _with(conditions: tuple[Condition, ...] | None, of: Any) -> Any:
    if not isinstance(of, dataclasses.Field):
        return dataclasses.field(default=of, metadata={READ: conditions})
    default = {"default": of.default} if of.default_factory is dataclasses.MISSING else {}
    factory = {} if of.default_factory is dataclasses.MISSING else {"default_factory": of.default_factory}
    return dataclasses.field(**default, **factory, metadata={**of.metadata, READ: conditions})  # type: ignore[call-overload]


def _text(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
