"""Which value of a config does not fit its record, and what would: OmegaConf tells neither in words of the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from omegaconf import BooleanNode, FloatNode, IntegerNode, StringNode
from omegaconf.errors import ValidationError

# Type to OmegaConf's own judge of it, and its name alone and in a list.
SCALARS: dict[type, tuple[type, str, str]] = {
    int: (IntegerNode, "a whole number", "whole numbers"),
    float: (FloatNode, "a number", "numbers"),
    bool: (BooleanNode, "true or false", "true or false"),
    str: (StringNode, "a text", "texts"),
}


def misfit(kind: Any, value: Any, place: str) -> str | None:
    """The message for the first value in `value` that cannot be a `kind`, or None if all fit.

    Args:
        kind: a dataclass or a type of one of its fields.
        value: plain nested values; missing and unknown keys are left to others.
        place: dotted place of `value` in the whole config.
    """
    options = [option for option in get_args(kind) if option is not NoneType]
    if NoneType in get_args(kind):
        found = None if value is None else misfit(options[0], value, place)
        itself = (found or "").startswith(f"bad value for '{place}':")  # and not an item of it
        return f"{found.removesuffix('.')}, or null." if found and itself else found
    if is_dataclass(kind) or get_origin(kind) is dict:
        if not isinstance(value, Mapping):
            return _message(place, value, "a mapping of keys, such as {KEY: VALUE}")
        hints = get_type_hints(kind) if is_dataclass(kind) else dict.fromkeys(value, options[1])
        parts = ((hints[key], part, f"{place}.{key}".strip(".")) for key, part in value.items() if key in hints)
    elif get_origin(kind) is list:
        if not isinstance(value, list | tuple):
            return _message(place, value, _list_of(options[0], value))
        parts = ((options[0], item, f"{place}[{index}]") for index, item in enumerate(value))
    else:
        return _scalar(kind, value, place)
    return next(filter(None, (misfit(*part) for part in parts)), None)


def with_whole_numbers(kind: Any, value: Any) -> Any:
    """`value` with 1e6, which YAML and Hydra read as a float, as 1000000 where a `kind` holds whole numbers.

    Args:
        kind: as for `misfit`.
        value: plain nested values.
    """
    options = [option for option in get_args(kind) if option is not NoneType]
    if kind is int:
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if is_dataclass(kind) and isinstance(value, Mapping):
        hints = get_type_hints(kind)
        return {key: with_whole_numbers(hints.get(key), part) for key, part in value.items()}
    if get_origin(kind) is dict and isinstance(value, Mapping):
        return {key: with_whole_numbers(options[1], part) for key, part in value.items()}
    if get_origin(kind) is list and isinstance(value, list | tuple):
        return [with_whole_numbers(options[0], item) for item in value]
    return with_whole_numbers(options[0], value) if len(options) == 1 else value


def _scalar(kind: Any, value: Any, place: str) -> str | None:
    if kind not in SCALARS or value == "???":
        return None
    node, word, _ = SCALARS[kind]
    try:
        node(value=value, is_optional=False)
    except ValidationError:
        return _message(place, value, word)
    return None


def _list_of(kind: Any, value: Any) -> str:
    if kind not in SCALARS:
        return "a list of mappings, such as [{}]"
    fits = _scalar(kind, value, "") is None
    return f"a list of {SCALARS[kind][2]}" + (f"; write [{value}]" if fits else "")


def _message(place: str, value: Any, allowed: str) -> str:
    return f"bad value for '{place}': {value!r}; allowed: {allowed}."
