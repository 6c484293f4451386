"""What somebody says of a search: how many trials, what is to be best, and who chooses the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.suggestions import did_you_mean
from netgym_cli.experiment.requests import whole_number

TRIALS = "trials"
DIRECTIONS, PRUNERS, SAMPLERS = ("maximize", "minimize"), ("none", "median", "halving"), ("tpe", "random")
CHOICES = {"direction": DIRECTIONS, "pruner": PRUNERS, "sampler": SAMPLERS}
WORDS = (TRIALS, "objective", *CHOICES, "seeds", "episodes")


@dataclass(frozen=True)
class SearchRequest:
    """What somebody says of a search.

    Attributes:
        trials: points that are tried.
        objective: the metric that is to be best: `return`, `reward` or a KPI of the environment.
        direction: whether the largest or the smallest value is best, one of `DIRECTIONS`.
        pruner: who ends trials that are behind, one of `PRUNERS`.
        sampler: who chooses the points, one of `SAMPLERS`.
        seeds: networks that the objective is measured on, the same for all trials.
        episodes: episodes on each of them.
    """

    trials: int
    objective: str = "return"
    direction: str = "maximize"
    pruner: str = "none"
    sampler: str = "tpe"
    seeds: int = 5
    episodes: int = 1

    @property
    def maximizes(self) -> bool:
        """Whether the largest value is best."""
        return self.direction == "maximize"

    @classmethod
    def of(cls, words: Mapping[str, str]) -> SearchRequest | None:
        """What these words of the command line ask for; None if no trials are.

        Raises:
            ConfigError: a value that cannot be meant.
        """
        if TRIALS not in words:
            return None
        numbers = {key: whole_number(words[key], key) for key in (TRIALS, "seeds", "episodes") if key in words}
        for key, allowed in CHOICES.items():
            if (given := words.get(key, allowed[0])) not in allowed:
                raise ConfigError(f"{key} is '{given}'; allowed: {', '.join(allowed)}.{did_you_mean(given, allowed)}")
        texts = {key: words[key] for key in ("objective", *CHOICES) if key in words}
        return cls(**numbers, **texts)  # type: ignore[arg-type]

    def values(self) -> dict[str, Any]:
        """All of it, for a file."""
        return asdict(self)
