"""The result of a complete run, for humans and for machines."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorder import Recorder

YARDSTICK = "random"  # the agent that every environment has


@dataclass(frozen=True)
class Summary:
    """The result of a complete run.

    Attributes:
        folder, tables: the run's folder and the one with its tables.
        sessions, episodes, steps: how many were done; episodes and steps by all simulators together.
        mean_return: mean return over all episodes; None without episodes.
        first_return, last_return: the same over the first and the last tenth of the episodes, in the order in which
            they ended and at least one each; over the first and the last session if the sessions only measured.
        wall_s, sim_s: seconds that passed on the clock and in all simulations.
        start_s: seconds of `wall_s` before the first step began.
        notes: remarks on the run.
        measured_only: whether the agent learnt elsewhere, as from a dataset, and its sessions are evaluations.
        agent: name of the agent; empty for one that nothing can load from the folder.
        config_dirs: the user's conf directories, without which the run's config may name what nobody finds.
        needs_trust: whether what loads the agent from the folder needs `--trust`.
        learnt: whether the agent changed while it acted.
        n_envs: number of simulators that lived each session at once.
        to_evaluate: whether the config asks for an evaluation of the agent now.
        outcome: what that evaluation found, as `run.json` has it; None before it, or without one.
    """

    folder: str
    tables: str
    sessions: int
    episodes: int
    steps: int
    mean_return: float | None
    first_return: float | None
    last_return: float | None
    wall_s: float
    sim_s: float
    start_s: float
    notes: tuple[str, ...]
    measured_only: bool = False
    agent: str = ""
    config_dirs: tuple[str, ...] = ()
    needs_trust: bool = False
    learnt: bool = False
    n_envs: int = 1
    to_evaluate: bool = False
    outcome: dict[str, Any] | None = None

    @classmethod
    def of(
        cls,
        folder: Path,
        recorder: Recorder,
        record: RunRecord,
        notes: list[str],
        measured_only: bool = False,
        agent: str = "",
        needs_trust: bool = False,
        learnt: bool = False,
    ) -> Summary:
        """The summary of the run that these have just finished."""
        returns, content = recorder.returns, record.content
        part = max(1, len(returns) // 10)
        first, last = returns[:part], returns[-part:]
        if measured_only and returns:
            by_session = recorder.session_returns
            first, last = by_session[min(by_session)], by_session[max(by_session)]
        return cls(
            folder=str(folder),
            tables=str(recorder.folder),
            sessions=-(-len(content["seeds"]) // content["n_envs"]),
            episodes=len(returns),
            steps=content["steps"],
            mean_return=float(np.mean(returns)) if returns else None,
            first_return=float(np.mean(first)) if returns else None,
            last_return=float(np.mean(last)) if returns else None,
            wall_s=content["wall_s"],
            sim_s=content["sim_s"],
            start_s=content["start_s"] or 0.0,
            notes=tuple(notes),
            measured_only=measured_only,
            agent=agent,
            needs_trust=needs_trust,
            learnt=learnt,
            n_envs=content["n_envs"],
        )

    @property
    def steps_per_s(self) -> float:
        """Steps per second of wall time since the first step began, learning included."""
        return self._per_s(self.steps)

    @property
    def sim_per_wall(self) -> float:
        """Simulated seconds per second of the same time."""
        return self._per_s(self.sim_s)

    def _per_s(self, amount: float) -> float:
        stepping_s = self.wall_s - self.start_s
        return amount / stepping_s if stepping_s > 0 else 0.0

    def lines(self) -> list[str]:
        """The summary, human-readable."""
        notes = [*(f"note: {note}" for note in self.notes), f"tables: {self.tables}"]
        return [*(self._evaluations() if self.measured_only else self._sessions()), *notes, f"next: {self._onward()}"]

    def _onward(self) -> str:
        """A command that goes on from here."""
        return shlex.join(self.evaluation if self.agent else ["netgym", "plot", self.folder])

    @property
    def evaluation(self) -> list[str]:
        """The command that evaluates the agent beside the one that anybody beats, unless it is that one."""
        beside = [f"agent={YARDSTICK}"] if self.agent != YARDSTICK else []
        dirs = [word for folder in self.config_dirs for word in ("--config-dir", folder)]
        trust = ["--trust"] if self.needs_trust else []
        return ["netgym", "evaluate", self.folder, *beside, *dirs, *trust]

    def _sessions(self) -> list[str]:
        lines = [
            f"{self._done('session')}: started in {self.start_s:.1f} s, then {self.wall_s - self.start_s:.1f} s at "
            f"{self.steps_per_s:.1f} steps/s"
            + (f", {self.sim_per_wall:.2f} simulated seconds per second" if self.sim_s else "")
        ]
        if self.episodes:
            lines.append(f"mean return {self.mean_return:.4g}{' while it learnt' if self.learnt else ''}")
        return lines

    def _evaluations(self) -> list[str]:
        if not self.sessions:
            return [f"learnt in {self.wall_s:.1f} s and was not evaluated"]
        lines = [f"{self._done('evaluation')}: {self.wall_s:.1f} s, learning included"]
        if self.sessions > 1:
            lines.append(
                f"mean return {self.first_return:.4g} in the first evaluation, {self.last_return:.4g} in the last"
            )
        else:
            lines.append(f"mean return {self.last_return:.4g}")
        return lines

    def _done(self, session: str) -> str:
        counted = ((self.sessions, session), (self.episodes, "episode"), (self.steps, "step"))
        told = [f"{number} {thing}{'' if number == 1 else 's'}" for number, thing in counted]
        told[0] += "" if self.n_envs == 1 else f" on {self.n_envs} networks each"
        return ", ".join(told)
