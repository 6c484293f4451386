"""The rows of `steps.parquet`: those of single steps, and those of many simulators' steps at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from netgym_cli.sessions.side_by_side import Steps

STEP_COLUMNS = (
    ("session", pa.int32()),
    ("env", pa.int32()),
    ("episode", pa.int32()),
    ("step", pa.int32()),
    ("total_step", pa.int64()),
    ("sim_time_ms", pa.float64()),
    ("reward", pa.float64()),
    ("terminated", pa.bool_()),
    ("truncated", pa.bool_()),
    ("wall_ms", pa.float64()),
)


class StepBlock(NamedTuple):
    """What n simulators did in one step; row by row as `STEP_COLUMNS` and the indicators behind them.

    `sim_time_ms` and `rewards` have the shape `(n,)`, `kpis` `(n, indicators)`; `total_step` is that of the first row.
    """

    session: int
    episode: int
    step: int
    total_step: int
    sim_time_ms: np.ndarray
    rewards: np.ndarray
    terminated: bool
    truncated: bool
    wall_ms: float
    kpis: np.ndarray

    @classmethod
    def of(cls, steps: Steps, total_step: int) -> StepBlock:
        """The block of `steps`; it shares no array that is used again."""
        n, indicators = steps.n_envs, list(steps.kpis.values())
        kpis = np.stack(indicators, axis=-1) if indicators else np.empty((n, 0))
        place = (steps.session, steps.episode, steps.step, total_step)
        flags = (steps.terminated, steps.truncated)
        return cls(*place, steps.sim_time_ms.copy(), steps.rewards.copy(), *flags, steps.wall_ms, kpis)


def encode_steps(items: Sequence[Any], kpi_names: Sequence[str]) -> pa.Table:
    """One table of all rows; `items` are tuples in the order of the columns, or all of them `StepBlock`s."""
    columns = (*STEP_COLUMNS, *((name, pa.float64()) for name in kpi_names))
    if items and isinstance(items[0], StepBlock):
        cells: Any = _cells(items, len(kpi_names))
    else:
        cells = zip(*items, strict=True) if items else [()] * len(columns)
    arrays = [pa.array(column, kind) for column, (_, kind) in zip(cells, columns, strict=True)]
    return pa.Table.from_arrays(arrays, names=[name for name, _ in columns])


def _cells(blocks: Sequence[StepBlock], indicators: int) -> list[np.ndarray]:
    sizes = [len(block.rewards) for block in blocks]

    def spread(name: str) -> np.ndarray:
        return np.repeat(np.array([getattr(block, name) for block in blocks]), sizes)

    envs = np.concatenate([np.arange(size) for size in sizes])
    kpis = np.concatenate([block.kpis for block in blocks])
    return [
        spread("session"),
        envs,
        spread("episode"),
        spread("step"),
        spread("total_step") + envs,
        np.concatenate([block.sim_time_ms for block in blocks]),
        np.concatenate([block.rewards for block in blocks]),
        spread("terminated"),
        spread("truncated"),
        spread("wall_ms"),
        *(np.ascontiguousarray(kpis[:, k]) for k in range(indicators)),
    ]
