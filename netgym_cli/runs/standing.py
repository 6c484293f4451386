"""How far a run has come, from its record and its lock alone: nothing of its tables is read."""

from __future__ import annotations

import csv
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.locks import is_held
from netgym_cli.runs.folder import EPISODES, RunFolder

SILENT_AFTER_S = 600.0  # a run elsewhere that has given no sign of life for so long may be gone


@dataclass(frozen=True)
class Standing:
    """How far a run has come.

    Attributes:
        status: the record's word, such as `complete`, or `not begun`, `unreadable`; of a run that its record calls
            running, `died` if its process is gone, and `silent` if it ran on another machine and has said nothing for
            ten minutes.
        env, agent, seed, host: as the record names them; None where it does not.
        steps, planned_steps: those in the tables, and those of the plan.
        episodes: those in the tables.
        mean_return, last_return: mean return of these, and of their last tenth; None without episodes.
        steps_per_s: steps per second of wall time since the first step began, learning included; None before that.
        left_s: seconds until the planned steps are done at this speed; None unless it is under way.
        wall_s: seconds that it has taken.
        started_at: date and time, ISO 8601 in UTC.
        error: one line on why it failed; None unless it did.
    """

    status: str
    env: str | None = None
    agent: str | None = None
    seed: int | None = None
    host: str | None = None
    steps: int = 0
    planned_steps: int = 0
    episodes: int = 0
    mean_return: float | None = None
    last_return: float | None = None
    steps_per_s: float | None = None
    left_s: float | None = None
    wall_s: float = 0.0
    started_at: str | None = None
    error: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether it goes on, as far as anybody knows."""
        return self.status in ("running", "silent")


def standing(run: RunFolder, looked_after: bool = False) -> Standing:
    """How far a run has come.

    Args:
        run: its folder.
        looked_after: whether somebody knows that a running one lives, so that nothing but its record is looked at.
    """
    if not run.holds_run:
        return Standing("not begun")
    try:
        return _told_by(run.record(), run, looked_after)
    except (ConfigError, TypeError, ValueError, AttributeError):  # the file of somebody else may say anything
        return Standing("unreadable")


def duration(seconds: float | None) -> str:
    """`75 s`, `12:34` (minutes and seconds) or `3:04 h` (hours and minutes); empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    if seconds < 99.5:
        return f"{round(seconds)} s"
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d} h"


def _told_by(record: dict[str, Any], run: RunFolder, looked_after: bool) -> Standing:
    status = str(record.get("status", "unreadable"))
    if status == "running" and not looked_after:
        status = _life(run, record)
    if "mean_return" not in record:
        record |= _returns(run)
    rate = _steps_per_s(record)
    left = max(0, record.get("planned_steps", 0) - record.get("steps", 0))
    error = record.get("error") or {}
    told = f"{error.get('type', '')}: {error.get('message', '')}".strip(": ").splitlines()
    return Standing(
        status=status,
        left_s=left / rate if rate and status == "running" else None,
        steps_per_s=rate,
        error=told[0] if told else None,
        **{key: record[key] for key in _COPIED if record.get(key) is not None},
    )


_COPIED = ("env", "agent", "seed", "host", "steps", "planned_steps", "episodes", "mean_return", "last_return",
           "wall_s", "started_at")  # fmt: skip


def _steps_per_s(record: dict[str, Any]) -> float | None:
    if record.get("start_s") is None:
        return None
    stepping_s = record.get("wall_s", 0.0) - record["start_s"]
    return record.get("steps", 0) / stepping_s if stepping_s > 0 else None


def _life(run: RunFolder, record: dict[str, Any]) -> str:
    """`running`, `died` or `silent`, of a run whose record says that it is running."""
    here = record.get("host") == socket.gethostname()
    held = is_held(run.reserve_path) if run.reserve_path.exists() else None
    if held:
        return "running"
    if here:
        # Without a lock to look at, the run may be just about to end, or began where files cannot be locked.
        return "running" if held is None and _exists(record.get("pid")) else "died"
    return "silent" if _seconds_since(record.get("heartbeat_at")) > SILENT_AFTER_S else "running"


def _exists(pid: Any) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, TypeError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _seconds_since(moment: Any) -> float:
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(str(moment))).total_seconds()
    except (TypeError, ValueError):
        return float("inf")


def _returns(run: RunFolder) -> dict[str, Any]:
    """Number of episodes and mean returns of a run whose record does not have them, as those of netgym 0.x."""
    try:
        with (run.metrics / EPISODES).open(newline="") as file:
            returns = [float(row["return"]) for row in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError):
        return {}
    if not returns:
        return {}
    last = returns[-max(1, len(returns) // 10) :]
    return {
        "episodes": len(returns),
        "mean_return": sum(returns) / len(returns),
        "last_return": sum(last) / len(last),
    }
