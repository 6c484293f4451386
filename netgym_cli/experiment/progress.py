"""One line on the terminal that tells how a run is doing."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from netgym_cli.sessions.step import Step

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
        self._updates: tuple[int, int] | None = None
        self._return = 0.0
        self._last_return: float | None = None
        self._drawn_at, self._wall_ms, self._sim_ms = 0.0, 0.0, 0.0
        self._before: Step | None = None
        self._events_per_s: float | None = None
        if not self._shown:
            return
        self._bar = Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=6),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TimeRemainingColumn(table_column=Column(no_wrap=True)),
            _State(),
            console=Console(stderr=True),
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
                now = (step.events - before.events) * 1e3 / step.wall_ms
                self._events_per_s = now if self._events_per_s is None else 0.9 * self._events_per_s + 0.1 * now
        if time.monotonic() - self._drawn_at >= REDRAW_S:
            self._draw()

    def updated(self, done: int, total: int) -> None:
        """From now on the bar counts gradient updates: `done` of `total`."""
        if self._shown:
            self._updates = (done, total)
            if done == total or time.monotonic() - self._drawn_at >= REDRAW_S:
                self._draw()

    def episode_ended(self, session: int, episode: int) -> None:
        """Remembers the return."""
        self._last_return, self._return = self._return, 0.0

    def session_ended(self, status: str, reason: str) -> None:
        """Nothing to show."""

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        if self._updates is not None:
            done, total = self._updates
            state = "" if self._last_return is None else f"return {self._last_return:.3g}"
            self._bar.update(self._task, completed=done, total=total, description="updates", state=state)
            return
        if self._before is None:
            return
        session = f"session {self._before.session + 1}/{self._sessions} " if self._sessions > 1 else ""
        ratio = f"{self._sim_ms / self._wall_ms:.2f}" if self._wall_ms else "-"
        value = "-" if self._last_return is None else f"{self._last_return:.3g}"
        events = "-" if self._events_per_s is None else f"{self._events_per_s / 1e3:,.0f}k"
        where, state = f"{session}ep {self._before.episode + 1}", f"return {value} sim/wall {ratio} {events} ev/s"
        self._bar.update(self._task, completed=self._steps, description=where, state=state)


class _State(ProgressColumn):
    """The figures, in the room that the other columns leave: on a narrow terminal their end is cut, never a counter."""

    def render(self, task: Task) -> Text:
        return Text(task.fields["state"], no_wrap=True, overflow="ellipsis")
