"""The rows of `sessions.csv`, and how much of each session the other tables hold."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from netgym_cli.runs.tables import csv_line, csv_text

SESSION_COLUMNS = (
    *("session", "env", "seed", "status", "episodes", "steps", "sim_s", "wall_s", "exit_reason"),
    "recoveries",
)
Place = tuple[int, int]  # session and env


@dataclass
class SessionRow:
    """What is known of one session in one simulator, and of the episode that it is in."""

    row: dict[str, Any]
    started: float
    under_way: bool = True
    stored_steps: int = 0  # rows in steps.parquet
    stored_ms: float = 0.0  # simulated time of the last of them
    stored_episodes: int = 0  # rows in episodes.csv
    rewards: list[float] = field(default_factory=list)
    kpis: list[tuple[float, ...]] = field(default_factory=list)

    def state(self, now: float) -> dict[str, Any]:
        """All of it as plain values and arrays; `now` is the time on the clock of `started`."""
        figures = {"rewards": np.array(self.rewards, np.float64), "kpis": np.array(self.kpis, np.float64)}
        return vars(self) | {"started": now - self.started, **figures}

    @classmethod
    def of(cls, state: Mapping[str, Any], now: float) -> SessionRow:
        """The row that `state` told of, perhaps in another process."""
        kpis = [tuple(kpis) for kpis in state["kpis"].tolist()]
        return cls(
            **dict(state) | {"started": now - state["started"], "rewards": state["rewards"].tolist(), "kpis": kpis}
        )

    def end(self, status: str, reason: str) -> None:
        """The session is over."""
        self.under_way = False
        self.row |= {"status": status, "wall_s": self.wall_s, "exit_reason": reason}

    def add_stored(self, sim_time_ms: float, steps: int = 1) -> None:
        """`steps.parquet` holds more steps, of which the last ended at this simulated time."""
        self.stored_steps += steps
        self.stored_ms = sim_time_ms

    @property
    def wall_s(self) -> float:
        """Seconds since it began."""
        return round(time.perf_counter() - self.started, 3)

    @property
    def told(self) -> dict[str, Any]:
        """The row as it may be written: it speaks of nothing that the other tables do not hold."""
        counts = {"episodes": self.stored_episodes, "steps": self.stored_steps}
        return self.row | counts | {"sim_s": round(self.stored_ms / 1e3, 3)}


class _Settled(NamedTuple):
    """A row that will not change any more: its line, and what else is asked of it."""

    line: str
    steps: int
    stored_ms: float


class SessionRows:
    """All sessions by place. Those that are over and stored become short lines: runs may have tens of thousands."""

    def __init__(self) -> None:
        self._open: dict[Place, SessionRow] = {}
        self._settled: dict[Place, _Settled] = {}

    def begin(self, session: int, seed: int | None, env: int) -> None:
        """Opens a row."""
        row = dict.fromkeys(SESSION_COLUMNS) | {"wall_s": 0.0, "recoveries": 0}
        row |= {"session": session, "env": env, "seed": seed, "status": "running"}
        self._open[session, env] = SessionRow(row, time.perf_counter())

    def __getitem__(self, place: Place) -> SessionRow:
        return self._open[place]

    def get(self, place: Place) -> SessionRow | None:
        """The row of a session that is not over and stored; None if there is none."""
        return self._open.get(place)

    def under_way(self) -> Iterator[SessionRow]:
        """Those that have not ended."""
        return (row for row in self._open.values() if row.under_way)

    @property
    def stored_steps(self) -> int:
        """Rows in `steps.parquet`."""
        settled = sum(row.steps for row in self._settled.values())
        return settled + sum(row.stored_steps for row in self._open.values())

    @property
    def stored_sim_s(self) -> float:
        """Simulated seconds of all sessions, up to these rows."""
        total = 0.0
        for place in sorted([*self._settled, *self._open]):
            row = self._settled.get(place) or self._open[place]
            total = round(total + row.stored_ms / 1e3, 3)  # each time: rounded figures add up
        return total

    def state(self) -> dict[str, Any]:
        """All of it, as plain values."""
        now = time.perf_counter()
        settled = [[*place, *row] for place, row in self._settled.items()]
        return {"settled": settled, "open": [row.state(now) for row in self._open.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes what `state` told, perhaps in another process."""
        now = time.perf_counter()
        self._settled = {(session, env): _Settled(*rest) for session, env, *rest in state["settled"]}
        rows = [SessionRow.of(row, now) for row in state["open"]]
        self._open = {(row.row["session"], row.row["env"]): row for row in rows}

    def settle(self) -> None:
        """All that has happened is stored: rows of sessions that are over will not change."""
        for place in [place for place, row in self._open.items() if not row.under_way]:
            row = self._open.pop(place)
            self._settled[place] = _Settled(csv_line(_cells(row)), row.stored_steps, row.stored_ms)

    def text(self) -> str:
        """The table as it may be written."""
        for row in self.under_way():
            row.row["wall_s"] = row.wall_s
        lines = {place: settled.line for place, settled in self._settled.items()}
        lines |= {place: csv_line(_cells(row)) for place, row in self._open.items()}
        return csv_text(SESSION_COLUMNS, ()) + "".join(lines[place] for place in sorted(lines))

    def forget_stored(self) -> None:
        """Sets the counts of stored steps to 0, to be counted again; settled rows can change once more."""
        for place, settled in self._settled.items():
            told = dict(zip(SESSION_COLUMNS, *csv.reader([settled.line]), strict=True))
            self._open[place] = SessionRow({**told}, 0.0, under_way=False, stored_episodes=int(told["episodes"]))
        self._settled = {}
        for row in self._open.values():
            row.stored_steps, row.stored_ms = 0, 0.0


def _cells(row: SessionRow) -> list[Any]:
    told = row.told
    return [told[column] for column in SESSION_COLUMNS]
