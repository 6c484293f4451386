"""How busy the simulators of a run were, and which was the slowest, where several ran at once."""

from __future__ import annotations

import time

from netgym_cli.sessions.side_by_side import Steps
from netgym_cli.sessions.step import Observer, Step


class SimulatorLoad(Observer):
    """Adds up the time that each simulator took for its steps.

    Args:
        n_envs: number of simulators that live each session at once.
    """

    def __init__(self, n_envs: int) -> None:
        self._wall_ms = [0.0] * n_envs
        self._began_s = self._now_s = 0.0
        self._steps = 0

    def step(self, step: Step) -> None:
        """Adds the step's time."""
        self._now_s = time.monotonic()
        if not self._steps:
            self._began_s = self._now_s - step.wall_ms / 1e3
        self._steps += 1
        self._wall_ms[step.env] += step.wall_ms

    def steps(self, steps: Steps) -> None:
        """Nothing: where one call simulates all simulators, none of them is slower than another."""

    def notes(self) -> list[str]:
        """A sentence for the run's summary; none about a single simulator."""
        took_ms, n_envs = self._wall_ms, len(self._wall_ms)
        passed_ms = (self._now_s - self._began_s) * 1e3
        if n_envs == 1 or not sum(took_ms) or not passed_ms:
            return []
        slowest = max(range(n_envs), key=took_ms.__getitem__)
        mean_ms, slowest_ms = sum(took_ms) / self._steps, took_ms[slowest] * n_envs / self._steps
        return [
            f"{sum(took_ms) / passed_ms:.1f} of {n_envs} simulators were busy on average; the slowest was env "
            f"{slowest}, with {slowest_ms:.1f} ms per step, and the mean {mean_ms:.1f} ms"
        ]
