"""The `info` dictionary of `reset` and `step`."""

from __future__ import annotations

from typing import Any

from netgym_cli.simulators.stats import Stats


class StepInfo(dict[str, Any]):
    """The `info` dictionary; its `Stats` become a pandas frame when first looked up, and not before.

    Attributes:
        stats: the whole measurement as plain arrays, whatever the config subscribes to; for rules, which need speed.
    """

    stats: Stats | None = None

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if isinstance(value, Stats):
            value = self[key] = value.frame()
        return value

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default
