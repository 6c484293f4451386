"""One line on the terminal that shows how far a run is, and how fast."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

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

from netgym_cli.sessions.side_by_side import Steps
from netgym_cli.sessions.step import Observer, Step

REDRAW_S = 0.2


class RunProgress(Observer):
    """A progress bar on stderr; silent where stderr is no terminal.

    A context manager: the bar is there inside the `with` block. Simulated seconds and events per second are those of
    one simulator, on average where several run at once.

    Args:
        total_steps: number of steps of the run.
        total_sessions: number of its sessions.
        n_envs: number of simulators that live each session at once.
        shown: whether to draw; None: if stderr is a terminal.

    Attributes:
        shown: whether it draws.
    """

    def __init__(self, total_steps: int, total_sessions: int, shown: bool | None = None, n_envs: int = 1) -> None:
        self.shown = bool(sys.stderr and sys.stderr.isatty()) if shown is None else shown
        self._sessions, self._n_envs = total_sessions, n_envs
        self._steps = 0
        self._updates: tuple[int, int] | None = None
        self._ended_sessions = 0
        self._returns: dict[tuple[int, int], float] = {}  # of the running episodes, by session and env
        self._last_return: float | None = None
        self._drawn_at, self._wall_ms, self._sim_ms = 0.0, 0.0, 0.0
        # simulated ms and events of the sessions under way, by session and env
        self._clocks: dict[tuple[int, int], tuple[float, int] | None] = {}
        self._place: tuple[int, int] | None = None  # session and episode of the newest step
        self._events_per_s: float | None = None
        if not self.shown:
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
        if self.shown:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            self._draw()
            self._bar.stop()

    def go_on(self, steps: int, places: Iterable[tuple[int, int]]) -> None:
        """For a run that goes on after so many steps, in sessions that are under way in these envs."""
        self._steps = steps
        for session, env in places:
            self.session_started(session, None, env)

    def session_started(self, session: int, seed: int | None, env: int = 0) -> None:
        """Starts a simulated clock."""
        self._clocks[session, env] = None
        self._returns[session, env] = 0.0

    def step(self, step: Step) -> None:
        """Counts; redraws a few times per second."""
        if not self.shown:
            return
        self._returns[step.session, step.env] += step.reward
        self._count(step, 1)

    def steps(self, steps: Steps) -> None:
        """The same for many simulators, of which the first stands for all where clocks are read."""
        if not self.shown:
            return
        for env, reward in enumerate(steps.rewards.tolist()):
            self._returns[steps.session, env] += reward
        self._count(steps.of(0), steps.n_envs)

    def _count(self, step: Step, times: int) -> None:
        place = step.session, step.env
        before = self._clocks[place]
        self._clocks[place] = step.sim_time_ms, step.events
        self._place = step.session, step.episode
        self._steps += times
        if before is not None:
            sim_time_ms, events = before
            self._sim_ms += times * (step.sim_time_ms - sim_time_ms)
            self._wall_ms += times * step.wall_ms
            if step.wall_ms > 0:
                now = (step.events - events) * 1e3 / step.wall_ms
                self._events_per_s = now if self._events_per_s is None else 0.9 * self._events_per_s + 0.1 * now
        if time.monotonic() - self._drawn_at >= REDRAW_S:
            self._draw()

    def updated(self, done: int, total: int) -> None:
        """From now on the bar counts gradient updates: `done` of `total`."""
        if self.shown:
            self._updates = (done, total)
            if done == total or time.monotonic() - self._drawn_at >= REDRAW_S:
                self._draw()

    def episode_ended(self, session: int, episode: int, env: int = 0) -> None:
        """Remembers the return."""
        place = session, env
        self._last_return, self._returns[place] = self._returns[place], 0.0

    def session_ended(self, session: int, status: str, reason: str, env: int = 0) -> None:
        """Counts the session."""
        self._ended_sessions += env + 1 == self._n_envs
        del self._clocks[session, env], self._returns[session, env]

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        if self._updates is not None:
            done, total = self._updates
            state = "" if self._last_return is None else f"return {self._last_return:.3g}"
            self._bar.update(self._task, completed=done, total=total, description="updates", state=state)
            return
        if self._place is None:
            return
        ratio = f"{self._sim_ms / self._wall_ms:.2f}" if self._wall_ms else "-"
        value = "-" if self._last_return is None else f"{self._last_return:.3g}"
        events = "-" if self._events_per_s is None else f"{self._events_per_s / 1e3:,.0f}k"
        state = f"return {value} sim/wall {ratio} {events} ev/s"
        self._bar.update(self._task, completed=self._steps, description=self._where(*self._place), state=state)

    def _where(self, session: int, episode: int) -> str:
        """The place in the run: the newest step's, or how many sessions are done where several are under way."""
        if len({session for session, _ in self._clocks}) > 1:
            return f"{self._ended_sessions}/{self._sessions} sessions"
        place = (f"session {session + 1}/{self._sessions} " if self._sessions > 1 else "") + f"ep {episode + 1}"
        return place if self._n_envs == 1 else f"{place} x{self._n_envs}"


class _State(ProgressColumn):
    """The figures, in the room that the other columns leave: on a narrow terminal their end is cut, never a counter."""

    def render(self, task: Task) -> Text:
        return Text(task.fields["state"], no_wrap=True, overflow="ellipsis")
