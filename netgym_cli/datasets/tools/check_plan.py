"""Whether a dataset holds the episodes that its collection planned, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netgym_cli.datasets.tools.check_result import NOT_CHECKED, Verdict, verdict
from netgym_cli.datasets.tools.metadata import counted, listed

NAME = "seeds and plan"


@dataclass(frozen=True)
class Place:
    """Where an episode comes from: its number here, its source if merged, its session's seed, its index in that."""

    number: int
    source: str | None
    seed: Any
    episode: Any


def planned(places: Sequence[Place], noted: dict[str | None, dict[str, Any]]) -> Verdict:
    """The verdict on all episodes.

    Args:
        places: every episode that could be read.
        noted: netgym's metadata for each source; None stands for a dataset that was not merged.
    """
    failures: list[str] = []
    messages: list[str] = []
    unplanned = False
    for source, about in noted.items():
        mine = [place for place in places if place.source == source]
        plan = _plan(about)
        if plan is None:
            unplanned = True
            continue
        failures += _strangers(mine, plan)
        total = sum(plan.values()) - (dropped if isinstance(dropped := about.get("dropped"), int) and source else 0)
        if len(mine) < total and about.get("complete") is True:
            failures.append(f"{len(mine)} of {total} planned episodes are there" + (f" of {source}" if source else ""))
        messages.append(f"{len(mine)} of {counted(total, 'planned episode')}")
    failures += _twice(places)
    if unplanned and not failures:
        return Verdict(NAME, NOT_CHECKED, "; ".join([*messages, "the metadata holds no plan"]))
    return verdict(NAME, failures, "; ".join(messages))


def _plan(noted: dict[str, Any]) -> dict[int, int] | None:
    """Number of episodes per seed; None if there is none, or it is none."""
    found: Counter[int] = Counter()
    for one in listed(noted.get("plan")):
        match one:
            case [int(seed), int(episodes)]:
                found[seed] += episodes
            case _:
                return None
    return dict(found) or None


def _strangers(places: Sequence[Place], plan: dict[int, int]) -> list[str]:
    return [
        f"episode {one.number} is of seed {one.seed!r}, {one.episode!r}, which was not planned"
        for one in places
        if type(one.seed) is not int or type(one.episode) is not int or not 0 <= one.episode < plan.get(one.seed, 0)
    ]


def _twice(places: Sequence[Place]) -> list[str]:
    first: dict[tuple[Any, ...], int] = {}
    found = []
    for one in places:
        key = (one.source, str(one.seed), str(one.episode))
        if one.seed is not None and one.episode is not None and key in first:
            found.append(f"episodes {first[key]} and {one.number} are both of seed {one.seed}, {one.episode}")
        first.setdefault(key, one.number)
    return found
