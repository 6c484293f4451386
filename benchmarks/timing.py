"""What the speed measurements share: the setting, a stopwatch and a line of the table."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import gymnasium
import numpy as np

import netgym_cli  # noqa: F401 - registers the environments

ENV = "netgym/nqos_split_light-v0"
SEED = 1
USERS = 5
LINKS = 3
Figure = dict[str, Any]


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def figure(what: str, values: list[float], target: str, met: bool | None = None) -> Figure:
    """One line of the table: the median and the extremes of several measurements."""
    return {
        "what": what,
        "median": median(values),
        "least": min(values),
        "most": max(values),
        "times": len(values),
        "target": target,
        "met": "" if met is None else "yes" if met else "NO",
    }


def make() -> Any:
    """The environment, with one episode that is long enough."""
    return gymnasium.make(ENV, steps_per_episode=100_000, episodes_per_session=1)


def steps(env: Any, number: int) -> None:
    """Equal weights for `number` steps."""
    action = np.ones((USERS, LINKS), np.float32)
    for _ in range(number):
        env.step(action)


def settings(env: Any) -> dict[str, Any]:
    """The scenario's settings, as the worker gets them."""
    result: dict[str, Any] = env.unwrapped.adapter.settings()
    return result
