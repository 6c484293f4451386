"""Figures along the last axis of measurements, the same to the bit for one network and for each of many.

NumPy adds the entries of a contiguous last axis in one order, however many axes lie before it. What would break that,
entries that are left out or functions whose last digit depends on the CPU, has its own function here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

PerNetwork = Any  # a float of one network; a float64 array of shape (n,) of many


def number(values: Any) -> PerNetwork:
    """A plain float of one network; of many the array as float64."""
    alone = isinstance(values, float) or np.ndim(values) == 0
    return float(values) if alone else np.asarray(values, np.float64)


def mean(values: np.ndarray) -> PerNetwork:
    """Mean over the last axis."""
    if values.dtype != np.float64:
        return number(values.mean(axis=-1))
    return number(np.add.reduce(values, axis=-1) / values.shape[-1])  # what the method does, without its detours


def total(values: np.ndarray) -> PerNetwork:
    """Sum over the last axis."""
    return number(values.sum(axis=-1))


def mean_where(chosen: np.ndarray, values: np.ndarray) -> PerNetwork:
    """Mean over those entries of the last axis that are `chosen`; 0 where none is.

    Args:
        chosen: truth values of the shape of `values`.
        values: shape `(entries,)`, or `(n, entries)` of many networks.
    """
    if values.ndim == 1:
        kept = values[chosen]
        return mean(kept) if kept.size else 0.0
    if chosen.all():
        return values.mean(axis=-1)
    means, counts = np.zeros(len(values)), chosen.sum(axis=-1)
    # Networks with as many entries together: zeros in place of the others would be added in another order.
    for count in set(counts.tolist()) - {0}:
        alike = counts == count
        means[alike] = values[alike][chosen[alike]].reshape(-1, count).mean(axis=-1)
    return means


def logarithm(values: Any, of_none: float = -math.inf) -> PerNetwork:
    """Natural logarithm of every entry, `of_none` of those that are not positive; a float of a number.

    Python's, because the last bit of NumPy's depends on the CPU.
    """
    if isinstance(values, float) or np.ndim(values) == 0:
        return math.log(values) if values > 0 else of_none
    array = np.asarray(values)
    logs = [math.log(value) if value > 0 else of_none for value in array.ravel().tolist()]
    return np.array(logs).reshape(array.shape)


def kept(values: PerNetwork, low: float, high: float) -> PerNetwork:
    """`values`, or the nearest bound of those beyond one."""
    return min(max(values, low), high) if isinstance(values, float) else np.clip(values, low, high)
