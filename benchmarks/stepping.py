"""CartPole steps and resets with a stopwatch; run by netgym's Python and by NetRL's, so it needs Gymnasium alone."""

from __future__ import annotations

import time
from typing import Any

import gymnasium


def cart_pole() -> Any:
    """As Gymnasium makes it, wrappers included."""
    return gymnasium.make("CartPole-v1")


def steps(env: Any, number: int) -> float:
    """Seconds of `number` steps, with a reset after each episode."""
    started = time.perf_counter()
    for step in range(number):
        _, _, terminated, truncated, _ = env.step(step & 1)
        if terminated or truncated:
            env.reset()
    return time.perf_counter() - started


def cpu_steps(env: Any, number: int) -> float:
    """The same in seconds of this process on a core: what others do there in between does not count."""
    started = time.process_time()
    steps(env, number)
    return time.process_time() - started


def resets(env: Any, number: int) -> float:
    """Seconds of `number` resets, each after 8 steps, which do not count."""
    seconds = 0.0
    env.reset()
    for _ in range(number):
        for step in range(8):
            env.step(step & 1)
        started = time.perf_counter()
        env.reset()
        seconds += time.perf_counter() - started
    return seconds
