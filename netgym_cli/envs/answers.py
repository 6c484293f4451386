"""Whether simulators and adapters, which users may write, answered with what they owe; and whose answer it was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import AdapterError, SimulatorError
from netgym_cli.common.user_code import written_in
from netgym_cli.envs.base import Adapter
from netgym_cli.simulators.base import Simulator
from netgym_cli.simulators.stats import Stats


class Answer(NamedTuple):
    """What an adapter makes of one network's measurement, checked: as `Adapter` describes its methods."""

    observation: Any
    reward: float
    kpis: dict[str, float]


def measured(stats: Any, simulator: Simulator[Any] | None, call: str, when: tuple[int, int, int]) -> Stats:
    """`stats`, which a simulator answered to a call of its method; `when` is session, episode and step, from 0.

    Raises:
        SimulatorError: they are no `Stats`, do not fit their layout, or hold NaN.
    """
    if not isinstance(stats, Stats):
        raise _wrong(simulator, call, when, f"answered {stats!r}; allowed: netgym_cli.simulators.stats.Stats")
    if np.shape(stats.values) != (stats.layout.size,):
        shape = f"values of shape {np.shape(stats.values)}"
        raise _wrong(simulator, call, when, f"answered {shape}; allowed: ({stats.layout.size},), as its layout says")
    if np.isnan(stats.values).any():
        rows = [row.key for row in stats.layout.rows if np.isnan(stats[row.key]).any()]
        raise _wrong(simulator, call, when, f"measured NaN as {', '.join(rows)}; allowed: numbers")
    return stats


def is_inside(observation: Any, space: spaces.Space[Any]) -> bool:
    """Whether an observation is in its space: what `space.contains` says, sooner for a Box's own dtype and shape."""
    if isinstance(space, spaces.Box) and isinstance(observation, np.ndarray) and observation.dtype == space.dtype:
        inside = (observation >= space.low) & (observation <= space.high) if observation.shape == space.shape else None
        return inside is not None and bool(inside.all())
    return observation in space


def is_reward(value: Any) -> bool:
    """Whether a value is one finite number."""
    try:
        return math.isfinite(value)
    except (TypeError, ValueError):
        return False


def kpis_of(adapter: Adapter[Any], stats: Stats) -> dict[str, float]:
    """What `adapter.kpis` tells of `stats`. Raises `AdapterError` if that is no dictionary of numbers."""
    kpis: Any = adapter.kpis(stats)
    if isinstance(kpis, Mapping) and (set(map(type, kpis.values())) <= {float} or all(map(_is_number, kpis.values()))):
        return kpis  # type: ignore[return-value]
    allowed = 'a dictionary of names and numbers, such as {"rate_mbps": 1.5}, or {}'
    raise AdapterError(f"{adapters(adapter, 'kpis')} answered {kpis!r}; allowed: {allowed}.")


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def wrong_answer(
    adapter: Adapter[Any], what: str, value: Any, allowed: str, when: tuple[int, int, int], env: int | None = None
) -> AdapterError:
    """The error for an adapter's `observation` or `reward`; `when` as for `measured`, `env` of one of many networks."""
    session, episode, step = when
    place = "" if env is None else f"env {env}, "
    return AdapterError(
        f"the {what} of {type(adapter).__name__} in {place}step {step} of episode {episode}, session {session}, is "
        f"{value!r}; "
        f"allowed: {allowed}. Mend {adapters(adapter, what)}."
    )


def adapters(adapter: Adapter[Any], method: str) -> str:
    """A method of an adapter by name and, if it is a user's, file and line."""
    return f"{type(adapter).__name__}.{method}(){written_in(getattr(type(adapter), method))}"


def _wrong(simulator: Any, call: str, when: tuple[int, int, int], problem: str) -> SimulatorError:
    session, episode, step = when
    where = f"step {step} of episode {episode}, session {session}"
    kind = type(simulator)
    method = f"{kind.__name__}.{call}(){written_in(getattr(kind, call))}"
    return SimulatorError(f"the simulator {kind.__name__} {problem}, in {where}. Mend {method}.")
