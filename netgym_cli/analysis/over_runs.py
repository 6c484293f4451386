"""Many numbers of each run at once, as means over runs with their 95 % intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from netgym_cli.common import statistics


def estimates(values: np.ndarray, name: str, within: tuple[float, float] = (-np.inf, np.inf)) -> pd.DataFrame:
    """One row per number: `name` (the mean), `low`, `high` (NaN of one run), `runs`.

    Args:
        values: of shape (runs, numbers); NaN where a run has none.
        name: of the column with the means.
        within: what a number can be; intervals end there.
    """
    found = statistics.of_each(values)
    ends = np.array([[estimate.low, estimate.high] for estimate in found], float).reshape(-1, 2).clip(*within)
    means = [estimate.mean for estimate in found]
    runs = [estimate.seeds for estimate in found]
    return pd.DataFrame({name: means, "low": ends[:, 0], "high": ends[:, 1], "runs": runs})
