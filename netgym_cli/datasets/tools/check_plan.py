"""Whether a dataset holds the episodes that its collection planned, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netgym_cli.datasets.tools.check_result import NOT_CHECKED, Verdict, verdict
from netgym_cli.datasets.tools.metadata import counted, listed

PLAN = "seeds and plan"


@dataclass(frozen=True)
class EpisodeOrigin:
    """An episode's number, its source if merged, its session's seed, and its index in that session."""

    number: int
    source: str | None
    seed: Any
    episode: Any


def check_plan(origins: Sequence[EpisodeOrigin], noted: dict[str | None, dict[str, Any]]) -> Verdict:
    """The verdict on seeds and plan.

    Args:
        origins: of every episode that could be read.
        noted: netgym's metadata for each source; None stands for a dataset that was not merged.
    """
    failures: list[str] = []
    messages: list[str] = []
    unplanned = False
    for source, about in noted.items():
        episodes = [origin for origin in origins if origin.source == source]
        plan = _plan(about)
        if plan is None:
            unplanned = True
            continue
        failures += _unplanned(episodes, plan)
        total = sum(plan.values()) - (dropped if isinstance(dropped := about.get("dropped"), int) and source else 0)
        if len(episodes) < total and about.get("complete") is True:
            failures.append(
                f"{len(episodes)} of {total} planned episodes are present" + (f" of {source}" if source else "")
            )
        messages.append(f"{len(episodes)} of {counted(total, 'planned episode')}")
    failures += _duplicates(origins)
    if unplanned and not failures:
        return Verdict(PLAN, NOT_CHECKED, "; ".join([*messages, "the metadata holds no plan"]))
    return verdict(PLAN, failures, "; ".join(messages))


def _plan(noted: dict[str, Any]) -> dict[int, int] | None:
    """Number of episodes per seed; None without a valid plan."""
    plan: Counter[int] = Counter()
    for entry in listed(noted.get("plan")):
        match entry:
            case [int(seed), int(episodes)]:
                plan[seed] += episodes
            case _:
                return None
    return dict(plan) or None


def _unplanned(origins: Sequence[EpisodeOrigin], plan: dict[int, int]) -> list[str]:
    return [
        f"episode {origin.number} is of seed {origin.seed!r}, {origin.episode!r}, which was not planned"
        for origin in origins
        if type(origin.seed) is not int
        or type(origin.episode) is not int
        or not 0 <= origin.episode < plan.get(origin.seed, 0)
    ]


def _duplicates(origins: Sequence[EpisodeOrigin]) -> list[str]:
    first: dict[tuple[Any, ...], int] = {}
    failures = []
    for origin in origins:
        key = (origin.source, str(origin.seed), str(origin.episode))
        if origin.seed is not None and origin.episode is not None and key in first:
            failures.append(
                f"episodes {first[key]} and {origin.number} are both of seed {origin.seed}, {origin.episode}"
            )
        first.setdefault(key, origin.number)
    return failures
