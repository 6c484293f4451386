"""What a user's class must have to be a member, looked at when it is loaded and before anything is made of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, is_dataclass
from typing import Any

from netgym_cli.common import user_code

CONTRACT = "member_contract"  # class attribute of a base: name of a member's attribute to its `Part`
ALTERNATIVES = "member_alternatives"  # the same: groups of methods, of each of which a member has one or more


@dataclass(frozen=True)
class Part:
    """An attribute that a class must have, or may have.

    Attributes:
        fits: whether a value can be what is due.
        example: what to write.
        optional: whether it may be absent.
    """

    fits: Callable[[Any], bool]
    example: str
    optional: bool = False


def text(value: Any) -> bool:
    """Whether `value` is a text that is not empty."""
    return isinstance(value, str) and bool(value)


def text_or_none(value: Any) -> bool:
    """Whether `value` is None or a text."""
    return value is None or text(value)


def names(value: Any) -> bool:
    """Whether `value` is a collection of texts, and not one text, whose letters would be taken for names."""
    return isinstance(value, tuple | list | set | frozenset) and all(isinstance(item, str) for item in value)


def record(value: Any) -> bool:
    """Whether `value` is a dataclass of keys, which itself has the decorator if it has fields of its own."""
    if not (isinstance(value, type) and is_dataclass(value) and hasattr(value, "validate")):
        return False
    return "__dataclass_fields__" in vars(value) or not vars(value).get("__annotations__")


def takes(*arguments: None) -> Callable[[Any], bool]:
    """Whether a method, looked up on its class, can be called on an object with so many arguments."""
    return lambda value: callable(value) and _can_be_called(value, len(arguments) + 1)


def objection(member: type, base: type) -> str | None:
    """What `member` lacks to be a `base`, with what to write; None if it lacks nothing.

    Args:
        member: a user's class.
        base: netgym's class that it extends; its `member_contract` and those of the classes between them say what is
            due, and its methods say how they are called.
    """
    missing = [*_parts(member, base), *_methods(member, base)]
    if not missing:
        return None
    return f"{member.__name__}{user_code.written_in(member)} {'; '.join(missing)}."


def _parts(member: type, base: type) -> Iterator[str]:
    due: dict[str, Part] = {}
    for kind in reversed(member.__mro__):
        due |= vars(kind).get(CONTRACT, {})
    for name, part in due.items():
        if name in getattr(getattr(inspect.getattr_static(member, "__init__"), "__code__", None), "co_names", ()):
            continue  # every object gets its own
        if not hasattr(member, name):
            if not part.optional:
                yield f"has no {name}; write {part.example}"
        elif not isinstance(inspect.getattr_static(member, name), property) and not part.fits(getattr(member, name)):
            yield f"has {name} = {_short(getattr(member, name))}; write {part.example}"


def _methods(member: type, base: type) -> Iterator[str]:
    for name in sorted(getattr(member, "__abstractmethods__", ())):
        example, meaning = _example(member, name)
        yield f"has no {name}; write {example}, {meaning}"
    for group in vars(base).get(ALTERNATIVES, ()):
        if all(inspect.getattr_static(member, name) is vars(base)[name] for name in group):
            yield f"has no {group[0]}; write {_example(base, group[0])[0]}, or {' and '.join(group[1:])}"
    for name, original in vars(base).items():
        own = inspect.getattr_static(member, name, None)
        if own is original or own is None or (name.startswith("_") and name != "__init__"):
            continue
        if getattr(own, "__isabstractmethod__", False) or not _is_users(own, member):
            continue
        if isinstance(original, property):
            if inspect.isfunction(own):
                yield f"has {name}{_line(own)} as a method; write @property above it"
        elif isinstance(original, classmethod):
            if inspect.isfunction(own):
                yield f"has {name}{_line(own)} without @classmethod; write @classmethod above it"
        elif inspect.isfunction(original):
            if not callable(own):
                yield f"has {name} = {_short(own)}; write {_example(base, name)[0]}"
            elif inspect.isfunction(own) and not _fits_calls(own, original, everything=name == "__init__"):
                yield f"has {name}{inspect.signature(own)}{_line(own)}; write {_example(base, name)[0]}"


def _is_users(own: Any, member: type) -> bool:
    """Whether an attribute comes from a user's class; further rooms of netgym may call theirs as they like."""
    function = getattr(own, "__func__", own)
    return not str(getattr(function, "__module__", member.__module__)).startswith("netgym_cli.")


def _fits_calls(own: Any, original: Any, everything: bool) -> bool:
    """Whether `own` takes the arguments of `original`; of those that have defaults there only with `everything`."""
    positional = [
        parameter
        for parameter in inspect.signature(original).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    least = sum(parameter.default is parameter.empty for parameter in positional)
    counts = range(least, len(positional) + 1)
    if everything:  # and perhaps one more, as channels on a simulator have
        counts = range(len(positional), len(positional) + 2)
    return any(_can_be_called(own, count) for count in counts)


def _can_be_called(function: Any, count: int) -> bool:
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # written in C: nobody knows
        return True
    return True


def _example(kind: type, name: str) -> tuple[str, str]:
    """The first line of a method as the base has it, without types, and what it is for."""
    original = next(vars(base)[name] for base in kind.__mro__ if name in vars(base))
    meaning = (inspect.getdoc(original) or "").partition("\n")[0].rstrip(".")
    if isinstance(original, property):
        return f"`@property def {name}(self)`", meaning
    signature = inspect.signature(getattr(original, "__func__", original))
    plain = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    return f"`def {name}{signature.replace(parameters=plain, return_annotation=signature.empty)}`", meaning


def _line(function: Any) -> str:
    return user_code.written_in(function)


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
