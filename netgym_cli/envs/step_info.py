"""The `info` dictionary of `reset` and `step`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netgym_cli.simulators.stats import Stats

if TYPE_CHECKING:
    from _collections_abc import dict_keys

UNSEEDED = ("session", "wall_ms", "network_stats")  # not decided by seed and actions, or made on demand


class StepInfo(dict[str, Any]):
    """The `info` dictionary; its `Stats` become a pandas frame when first looked up, and not before.

    Two sessions of the same seed under the same actions have equal infos but for the session's number and the time that
    a step took. Programs that compare infos, as Gymnasium's checker does, go through `keys()`, which therefore leaves
    these two out, and the frame, which has no plain `==`. Everything else, iteration included, sees all of it.

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

    def keys(self) -> dict_keys[str, Any]:
        """What seed and actions decide; see above."""
        return {key: None for key in self if key not in UNSEEDED}.keys()
