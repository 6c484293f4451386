"""The texts in which settings go to a simulator that is not Python, and layouts come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netgym_cli.simulators.stats import Layout, Row


def parse_layout(text: str) -> Layout:
    """The layout from its lines of source, name, unit and comma-separated ids, and `distribution` behind delays."""
    rows: list[Row] = []
    delays: list[Row] = []
    for line in text.splitlines():
        source, name, unit, ids, *kind = line.split("\t")
        (delays if kind else rows).append(Row(source, name, unit, tuple(map(int, ids.split(",")))))
    return Layout(tuple(rows), tuple(delays))


def flatten(settings: Mapping[str, Any]) -> str:
    """Nested settings as `dotted.key=value` lines; a list of records becomes one comma-separated list per field."""
    return "\n".join(f"{key}={value}" for key, value in _lines(settings, ""))


def _lines(value: Any, key: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [line for name, part in value.items() for line in _lines(part, f"{key}.{name}" if key else name)]
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        return _lines({name: [record[name] for record in value] for name in value[0]}, key)
    if isinstance(value, list | tuple):
        return [(key, ",".join(_text(item) for item in value))]
    return [(key, _text(value))]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)
