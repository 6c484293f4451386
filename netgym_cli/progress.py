"""One line on the terminal that tells how a run is doing."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from netgym_cli.session import Step

REDRAW_S = 0.2


class RunProgress:
    """An observer of the sessions with a progress bar on stderr; silent where stderr is no terminal.

    A context manager: the bar is there inside the `with` block.

    Args:
        total_steps: number of steps of the run.
        total_sessions: number of its sessions.
        shown: whether to draw; None: if stderr is a terminal.
    """

    def __init__(self, total_steps: int, total_sessions: int, shown: bool | None = None) -> None:
        self._shown = sys.stderr.isatty() if shown is None else shown
        self._sessions = total_sessions
        self._steps = 0
        self._return, self._last_return = 0.0, float("nan")
        self._drawn_at, self._wall_ms, self._sim_ms = 0.0, 0.0, 0.0
        self._before: Step | None = None
        self._events_per_s = 0.0
        if not self._shown:
            return
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            expand=True,
        )
        self._task = self._bar.add_task("starting the simulator", total=total_steps, state="")

    def __enter__(self) -> RunProgress:
        if self._shown:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._draw()
            self._bar.stop()

    def session_begins(self, session: int, seed: int | None) -> None:
        """Starts the simulated clock anew."""
        self._before = None

    def step(self, step: Step) -> None:
        """Counts; redraws a few times per second."""
        if not self._shown:
            return
        before, self._before = self._before, step
        self._steps += 1
        self._return += step.reward
        if before is not None:
            self._sim_ms += step.sim_time_ms - before.sim_time_ms
            self._wall_ms += step.wall_ms
            if step.wall_ms > 0:
                self._events_per_s += 0.1 * ((step.events - before.events) * 1e3 / step.wall_ms - self._events_per_s)
        if time.monotonic() - self._drawn_at >= REDRAW_S:
            self._draw()

    def episode_ended(self, session: int, episode: int) -> None:
        """Remembers the return."""
        self._last_return, self._return = self._return, 0.0

    def session_ended(self, status: str, reason: str) -> None:
        """Nothing to show."""

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        if self._before is None:
            return
        where = f"session {self._before.session + 1}/{self._sessions} episode {self._before.episode + 1}"
        ratio = self._sim_ms / self._wall_ms if self._wall_ms else 0.0
        state = f"return {self._last_return:.3g}  sim/wall {ratio:.2f}  {self._events_per_s:,.0f} events/s"
        self._bar.update(self._task, completed=self._steps, description=where, state=state)
