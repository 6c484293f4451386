"""What papers report of learners beside the mean (Agarwal et al. 2021, "Deep RL at the Edge of the Statistical
Precipice"): interquartile mean, performance profile and probability of improvement, with 95 % intervals.

Scores come as one table per environment, (trainings, networks); a rule, which is not trained, has one row. Environments
are strata: seeds are redrawn within each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from netgym_cli.common.statistics import LEVEL, NORMAL_QUANTILE, SEED, Estimate, stretch

RESAMPLES = 2_000
Tables = Sequence[np.ndarray]  # of one environment: a table per agent, over the same networks
Statistic = Callable[[Sequence[Tables]], np.ndarray]  # of tables (draws, trainings, networks): one value per draw


class Profile(NamedTuple):
    """Which share of the sessions scored more than a threshold.

    Attributes:
        thresholds, shares, low, high: (thresholds,); ends of the 95 % interval of each share, NaN for a single session.
    """

    thresholds: np.ndarray
    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray


def interquartile_mean(scores: Tables) -> Estimate:
    """The mean of the middle half of all scores: less noisy than the median, not moved by outliers.

    A quarter of the scores, rounded down, is left out at either end.

    Args:
        scores: a table per environment; several should be on a common scale.
    """
    return _as_estimate(_middle, _single(scores))


def probability_of_improvement(scores: Tables, baseline: Tables) -> Estimate:
    """How probable it is that a training of the one agent beats one of the other on the same network.

    Ties count half (Mann and Whitney 1947). The mean over networks, then over environments. The interval is never
    narrower than Wilson's (1927) for that share of as many networks: all of ten do not make a certainty.

    Args:
        scores: a table per environment, with any number of trainings.
        baseline: the same of the other agent, on the same networks.
    """
    found = _as_estimate(_beats, [_two_dimensional(pair) for pair in zip(scores, baseline, strict=True)])
    if found.low is None or found.high is None:
        return found
    low, high = _wilson(found.mean, found.seeds)
    return Estimate(found.mean, min(low, max(0.0, found.low)), max(high, min(1.0, found.high)), found.seeds)


def performance_profile(scores: Tables, thresholds: Sequence[float] | np.ndarray) -> Profile:
    """The share of sessions that scored more than each of the thresholds.

    Args:
        scores: a table per environment; several should be on a common scale.
        thresholds: (thresholds,), rising.
    """
    steps = np.asarray(thresholds, dtype=np.float64)

    def shares(environments: Sequence[Tables]) -> np.ndarray:
        every = _sorted(environments)
        return np.array([1 - np.searchsorted(draw, steps, side="right") / draw.size for draw in every])

    value, low, high = _bootstrap(shares, _single(scores))
    return Profile(steps, value, np.clip(low, 0, 1), np.clip(high, 0, 1))


def _sorted(environments: Sequence[Tables]) -> np.ndarray:
    return np.sort(np.concatenate([table.reshape(len(table), -1) for (table,) in environments], axis=1), axis=1)


def _middle(environments: Sequence[Tables]) -> np.ndarray:
    every = _sorted(environments)
    cut = every.shape[1] // 4
    return np.asarray(every[:, cut : every.shape[1] - cut].mean(axis=1))


def _beats(environments: Sequence[Tables]) -> np.ndarray:
    more = [scores[:, :, None, :] - baseline[:, None, :, :] for scores, baseline in environments]
    return np.asarray(np.mean([((rows > 0) + 0.5 * (rows == 0)).mean(axis=(1, 2, 3)) for rows in more], axis=0))


def _wilson(share: float, count: int) -> tuple[float, float]:
    squared = NORMAL_QUANTILE**2 / count
    middle = (share + squared / 2) / (1 + squared)
    half = math.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared)
    return middle - half, middle + half


def _two_dimensional(tables: Tables) -> list[np.ndarray]:
    return [np.atleast_2d(np.asarray(table, dtype=np.float64)) for table in tables]


def _single(scores: Tables) -> list[Tables]:
    return [[table] for table in _two_dimensional(scores)]


def _bootstrap(statistic: Statistic, environments: Sequence[Tables]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The statistic and the ends of its interval, NaN for a single session.

    As in `statistics.estimate`: networks and trainings are redrawn apart from each other, and the stretched deviations
    of the two add up. The networks of an environment are the same for all of its agents; trainings are each one's own.
    """
    value = statistic([[table[None] for table in tables] for tables in environments])[0]
    draws = np.random.default_rng(SEED)
    networks = min(tables[0].shape[1] for tables in environments)
    trainings = [len(table) for tables in environments for table in tables if len(table) > 1]
    deviations = []
    if networks > 1:
        drawn = statistic([_other_networks(tables, draws) for tables in environments])
        deviations.append(stretch(networks) * (drawn - value))
    if trainings:
        drawn = statistic([[_other_trainings(table, draws) for table in tables] for tables in environments])
        deviations.append(stretch(min(trainings)) * (drawn - value))
    if not deviations:
        return value, np.full_like(value, np.nan), np.full_like(value, np.nan)
    tail = (1 - LEVEL) / 2
    low, high = value + np.quantile(np.sum(deviations, axis=0), [tail, 1 - tail], axis=0)
    return value, np.asarray(low), np.asarray(high)


def _other_networks(tables: Tables, draws: np.random.Generator) -> list[np.ndarray]:
    networks = tables[0].shape[1]
    chosen = draws.integers(networks, size=(RESAMPLES, networks))
    return [np.moveaxis(table[:, chosen], 1, 0) for table in tables]


def _other_trainings(table: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    chosen = draws.integers(len(table), size=(RESAMPLES, len(table)))
    return np.asarray(table[chosen])


def _as_estimate(statistic: Statistic, environments: Sequence[Tables]) -> Estimate:
    value, low, high = map(float, _bootstrap(statistic, environments))
    seeds = sum(tables[0].shape[1] for tables in environments)
    return Estimate(value, None, None, seeds) if np.isnan(low) else Estimate(value, low, high, seeds)
