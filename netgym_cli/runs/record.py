"""`run.json`: what ran, from which sources, with which seeds, and how it ended."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from netgym_cli.common.files import create_json, write_json
from netgym_cli.common.interruption import Deferred
from netgym_cli.common.machine import machine
from netgym_cli.common.provenance import git_state, now, versions
from netgym_cli.config.schema import RunConfig
from netgym_cli.runs.contents import FILES, sums
from netgym_cli.runs.folder import PRUNED, RunFolder
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.side_by_side import EpisodeStarts, Steps
from netgym_cli.sessions.step import Observer, Step
from netgym_cli.simulators.base import simulator_registry

HEARTBEAT_S = 2.0
OBJECTIVE = "objective"  # what a trial of a search is worth


def note_evaluation(folder: RunFolder, outcome: Mapping[str, Any]) -> None:
    """Adds to the record of a run that has ended how its agent was evaluated then, and signs it again.

    Raises:
        ConfigError: there is no record.
        OSError: it cannot be written.
    """
    _say_again(folder, {"evaluation": outcome, FILES: sums(folder)})


def note_objective(folder: RunFolder, outcome: Mapping[str, Any]) -> None:
    """Adds to the record of a complete trial of a search what it is worth: `name`, `value`, `metrics`, `seeds` and
    `episodes`, or an `error`. Its seeds count as met from then on: the trial may be chosen by them.

    Raises as `note_evaluation`.
    """
    seeds = [*folder.record().get("selected_on", []), *outcome.get("seeds", [])]
    _say_again(folder, {OBJECTIVE: outcome, "selected_on": list(dict.fromkeys(seeds))})


def note_pruned(folder: RunFolder, where: Mapping[str, Any]) -> None:
    """Turns the status of a trial whose process has ended into `pruned`. Raises as `note_evaluation`."""
    _say_again(folder, {"status": PRUNED, PRUNED: where, "error": None})
    folder.reserve_path.unlink(missing_ok=True)


def _say_again(folder: RunFolder, changes: Mapping[str, Any]) -> None:
    """Replaces and signs the record of a run that has ended."""
    content = {**folder.record(), **changes}
    with Deferred():  # in between, the record would not be the one that was signed
        write_json(folder.record_path, content)
        folder.sign(folder.record_path)


class Continued(NamedTuple):
    """The record of a run that goes on: what it said at the end, what `RunRecord.state` told at the checkpoint (empty
    without one), and remarks that it is to keep."""

    before: Mapping[str, Any]
    state: Mapping[str, Any]
    remarks: tuple[str, ...]


class RunRecord(Observer):
    """Keeps `run.json` true: `running`, then `complete`, `failed` or `interrupted`.

    The file is replaced atomically and at most every two seconds; `heartbeat_at` tells when.

    Args:
        folder: the run's folder; it must exist.
        command: the command line that reproduces the run.
        config: the run's config, for the names of its parts and the seed.
        planned_steps: number of steps the run is going to do.
        tables: the run's tables, which say how many steps there are; this file never says more than they hold.
        learnt_on: seeds of earlier sessions that the agent begins with.
        continued: for a run that goes on, what its record says and is to say of that; None: a new record.

    Attributes:
        folder: the run's.
        content: what the file says: `steps` and `sim_s` (simulated seconds, all sessions) in the tables, `wall_s`,
            `start_s` (seconds until the first step began), `n_envs` (simulators that live each session at once),
            `stats_envs` (how many of them, from the first, `stats.parquet` is about), `recoveries` (how often the
            process of a simulator or channel died and was replaced), `resumed` (when, and from which step on, the run
            was continued after its end), `files` (path in the folder to SHA-256, at the end of the run),
            `episodes` in their table, with the mean return of all of them and of the last tenth (`mean_return`,
            `last_return`; None without episodes), `seeds` (of all simulators, session by session), `selected_on` (seeds
            of evaluations on the way, by which the best model is chosen) and so on.

    Raises:
        FileExistsError: there is a record already; it was not changed.
    """

    def __init__(
        self,
        folder: Path,
        command: list[str],
        config: RunConfig,
        planned_steps: int,
        tables: Recorder,
        learnt_on: Iterable[int] = (),
        continued: Continued | None = None,
    ) -> None:
        self.folder, self._tables = RunFolder(folder), tables
        self._started = time.monotonic()
        self._written = 0.0
        self._seeds: dict[tuple[int, int], int | None] = {}  # by session and env
        self._added, self._total_return = 0, 0.0  # episodes that were added up, and their returns
        self.content: dict[str, Any] = {
            "status": "running",
            "started_at": now(),
            "heartbeat_at": now(),
            "ended_at": None,
            "command": command,
            "cwd": os.getcwd(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "machine": machine(),
            "versions": versions(),
            "simulator_software": simulator_registry.load(config.simulator.name).about(config.simulator),
            "git": git_state(),
            **config.names(),
            "experiment": config.choices.get("experiment"),
            "seed": config.seed,
            "n_envs": config.n_envs,
            "stats_envs": tables.stats_envs,
            "seeds": [],
            "learnt_on": sorted(learnt_on),
            "selected_on": [],
            "planned_steps": planned_steps,
            "steps": 0,
            "episodes": 0,
            "mean_return": None,
            "last_return": None,
            "sim_s": 0.0,
            "wall_s": 0.0,
            "start_s": None,
            "recoveries": 0,
            "resumed": [],
            "error": None,
            "evaluation": None,
            FILES: None,
        }
        if continued is None:
            self._update()
            create_json(self.folder.record_path, self.content)
        else:
            self._continue(continued)

    def state(self) -> dict[str, Any]:
        """What a record in another process needs to go on from here, as plain values."""
        seeds = [[*place, seed] for place, seed in self._seeds.items()]
        passed = {"wall_s": time.monotonic() - self._started, "start_s": self.content["start_s"]}
        return {"seeds": seeds, "recoveries": self.content["recoveries"], **passed}

    def _continue(self, continued: Continued) -> None:
        before, state = continued.before, continued.state
        self.content |= {name: before[name] for name in ("started_at", "command", "selected_on") if name in before}
        self.content |= {name: state[name] for name in ("start_s", "recoveries") if name in state}
        self._seeds = {(session, env): seed for session, env, seed in state.get("seeds", [])}
        self._started -= state.get("wall_s", 0.0)
        note = {"at": now(), "from_step": self._tables.stored_steps, "remarks": list(continued.remarks)}
        self.content["resumed"] = [*before.get("resumed", []), note]
        self.folder.take_back(self.folder.record_path)  # what was signed at its end is not so any more
        self._write()

    def session_started(self, session: int, seed: int | None, env: int = 0) -> None:
        """Notes the session's seed; one drawn afresh is known with the first step."""
        self._seeds[session, env] = seed

    def recovered(self, session: int, times: int, env: int = 0) -> None:
        """Counts them."""
        self.content["recoveries"] += times

    def step(self, step: Step) -> None:
        """Shows a sign of life when one is due."""
        if self.content["start_s"] is None:
            self.content["start_s"] = round(time.monotonic() - self._started - step.wall_ms / 1e3, 3)
        self._seeds[step.session, step.env] = step.seed
        if time.monotonic() - self._written >= HEARTBEAT_S:
            self._write()

    def session_ended(self, session: int, status: str, reason: str, env: int = 0) -> None:
        """Writes the file, once where several simulators end the session together."""
        if env + 1 == self.content["n_envs"]:
            self._write()

    def episodes_started(self, starts: EpisodeStarts) -> None:
        """Notes the seeds, of which some may have been drawn afresh."""
        self._seeds |= {(starts.session, env): seed for env, seed in enumerate(starts.seeds.tolist())}

    def steps(self, steps: Steps) -> None:
        """Shows a sign of life when one is due."""
        if self.content["start_s"] is None:
            began_s = time.monotonic() - steps.n_envs * steps.wall_ms / 1e3
            self.content["start_s"] = round(began_s - self._started, 3)
        if time.monotonic() - self._written >= HEARTBEAT_S:
            self._write()

    def sessions_ended(self, session: int, status: str, reason: str, n_envs: int) -> None:
        """Nothing: where one call simulates all simulators, sessions may last milliseconds."""

    def close(self, status: str, error: Mapping[str, str] | None = None) -> None:
        """Writes and signs the final word: `complete`, `failed`, `interrupted`; with the error's `type`, `message`.

        It notes the files that the run has written, so one that writes more after its final word says it again.
        """
        self.content["status"] = status
        self.content[FILES] = sums(self.folder)
        self.content["ended_at"] = now()
        self.content["error"] = error
        self.folder.take_back(self.folder.record_path)  # a kill in between must not make it another than was signed
        self._write()
        self.folder.sign(self.folder.record_path)

    def _write(self) -> None:
        self._update()
        write_json(self.folder.record_path, self.content)

    def _update(self) -> None:
        self._written = time.monotonic()
        self.content["seeds"] = [self._seeds[place] for place in sorted(self._seeds)]
        self.content["steps"] = self._tables.stored_steps
        self.content["sim_s"] = self._tables.stored_sim_s
        self._update_returns()
        self.content["wall_s"] = round(self._written - self._started, 3)
        self.content["heartbeat_at"] = now()
        self.content["machine"] = machine()  # what learns loads PyTorch after the run has begun

    def _update_returns(self) -> None:
        episodes = self.content["episodes"] = self._tables.stored_episodes
        if not episodes:
            return
        self._total_return += sum(self._tables.returns[self._added : episodes])
        self._added = episodes
        last = self._tables.returns[episodes - max(1, episodes // 10) : episodes]
        self.content["mean_return"] = self._total_return / episodes
        self.content["last_return"] = sum(last) / len(last)
