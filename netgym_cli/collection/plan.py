"""Which seeds a dataset is collected with, and how many episodes each has."""

from __future__ import annotations

from collections.abc import Sequence

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import require
from netgym_cli.experiment.requests import require_seeds

PER_SEED = 10  # episodes of a session where the user says nothing: a new network costs as much as a few episodes
EPISODES = 100

Plan = tuple[tuple[int, int], ...]  # (seed, episodes), in the order of the dataset


def plan_of(episodes: int | None, seeds: Sequence[int] | None) -> Plan:
    """The plan for n `episodes` in all.

    Args:
        episodes: None: ten per seed, or 100 without seeds.
        seeds: shared by the episodes as evenly as can be; None: 0, 1, 2 and so on, ten episodes each.

    Raises:
        ConfigError: impossible seeds, or fewer episodes than seeds.
    """
    if seeds is None:
        whole, rest = divmod(EPISODES if episodes is None else episodes, PER_SEED)
        sizes = [PER_SEED] * whole + [rest] * (rest > 0)
        return tuple(enumerate(sizes))
    require_seeds(seeds)
    total = PER_SEED * len(seeds) if episodes is None else episodes
    require(total >= len(seeds), "episodes", total, f"{len(seeds)} or more, one for each of the seeds")
    each, rest = divmod(total, len(seeds))
    return tuple((seed, each + (k < rest)) for k, seed in enumerate(seeds))


def require_continues(old: Plan, new: Plan) -> None:
    """Raises `ConfigError` unless a dataset made by `old` is the beginning of one made by `new`."""
    for k, (seed, episodes) in enumerate(old):
        last = k == len(old) - 1
        if k < len(new) and new[k][0] == seed and (new[k][1] == episodes or (last and new[k][1] > episodes)):
            continue
        raise ConfigError(
            f"the dataset was begun with {describe(old)}, and {describe(new)} would not continue it; ask for the same "
            "episodes and seeds, or for more seeds behind them, or choose another name=."
        )


def describe(plan: Plan) -> str:
    """The plan in words."""
    seeds, sizes = [seed for seed, _ in plan], sorted({episodes for _, episodes in plan})
    which = f"seeds {seeds[0]}..{seeds[-1]}" if seeds == list(range(seeds[0], seeds[-1] + 1)) else f"seeds {seeds}"
    each = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return f"{sum(episodes for _, episodes in plan)} episodes ({which}, {each} each)"
