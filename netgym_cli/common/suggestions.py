"""The nearest known name for one that nobody knows, for messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """The one of `known` that is spelled most like `name`; empty if none is alike enough.

    Args:
        name: what was written.
        known: what could have been meant.
        cutoff: least likeness, 0 to 1.
    """
    return next(iter(all_alike(name, known, cutoff, 1)), "")


def all_alike(name: str, known: Iterable[str], cutoff: float, most: int | None = None) -> list[str]:
    """Those of `known` whose likeness to `name` is `cutoff` or more, the most alike first, `most` at most."""
    known = list(known)
    return difflib.get_close_matches(name, known, most or len(known) or 1, cutoff)


def likeness(one: str, other: str) -> float:
    """How alike two words are spelled, 0 to 1."""
    return difflib.SequenceMatcher(None, one, other).ratio()


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """A sentence with the nearest known name, to be put behind another; empty if there is none."""
    return hint(nearest(name, known, cutoff))


def hint(suggestion: str) -> str:
    """The sentence that suggests a name; empty for an empty one."""
    return f" Did you mean '{suggestion}'?" if suggestion else ""
