"""Means over few seeds with percentile bootstrap intervals, the same at every call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LEVEL = 0.95
RESAMPLES = 10_000
SEED = 20_011  # any constant: intervals must not change from call to call


class Estimate(NamedTuple):
    """A mean over seeds.

    Attributes:
        mean: mean of the values; NaN if there is none.
        low, high: ends of its 95 % interval; None for a single value, which has no spread.
        seeds: number of values measured.
    """

    mean: float
    low: float | None
    high: float | None
    seeds: int


def estimate(values: Sequence[float] | np.ndarray) -> Estimate:
    """The mean of `values` with its percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13).

    Values are drawn with replacement 10000 times; the interval holds the middle 95 % of the means of these draws. With
    few values it is too narrow: with 10 of a normal distribution it holds the true mean in about 90 % of the cases.

    Args:
        values: one finite number per seed, at least one; the seeds are independent.
    """
    array = np.asarray(values, dtype=np.float64)
    assert array.ndim == 1 and array.size and np.isfinite(array).all()
    mean = float(array.mean())
    if array.size == 1:
        return Estimate(mean, None, None, 1)
    drawn = np.random.default_rng(SEED).integers(array.size, size=(RESAMPLES, array.size))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(array[drawn].mean(axis=1), [tail, 1 - tail])
    return Estimate(mean, float(low), float(high), array.size)


def of_measured(values: Sequence[float] | np.ndarray) -> Estimate:
    """As `estimate`, of the `values` that are not NaN: what never arrived has no delay. NaN if none is left."""
    array = np.asarray(values, dtype=np.float64)
    array = array[~np.isnan(array)]
    return estimate(array) if array.size else Estimate(np.nan, None, None, 0)


def paired(values: Sequence[float] | np.ndarray, baseline: Sequence[float] | np.ndarray) -> Estimate:
    """The mean of `values` minus `baseline`, seed by seed: what the seeds have in common cancels out.

    Args:
        values: one number per seed.
        baseline: one number per seed, in the same order of seeds; pairs with a NaN are left out.
    """
    return of_measured(np.asarray(values, dtype=np.float64) - np.asarray(baseline, dtype=np.float64))
