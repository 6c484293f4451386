"""The main road: a config becomes sessions, an agent walks them, and tables tell what happened."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netgym_cli import agents, simulators
from netgym_cli.agents import Agent
from netgym_cli.behind_channel import open_env, seen, simulators_under
from netgym_cli.config import RunConfig
from netgym_cli.ending import sigterm_as_ctrl_c, told_however_it_ends
from netgym_cli.env import NetworkEnv
from netgym_cli.errors import ConfigError
from netgym_cli.metrics.recorder import Recorder
from netgym_cli.metrics.run_record import RunRecord
from netgym_cli.progress import RunProgress
from netgym_cli.session import SequentialSessions

FEW_EPISODES = 10  # fewer have no tenths to compare


def check(config: RunConfig) -> None:
    """Everything about a run that can be known before it leaves a trace. Raises `ConfigError`."""
    config.validate()
    agent = make_agent(config)
    plan = agent.plan(config)
    envs = plan.configs or (config.env,)
    first = seen(NetworkEnv(envs[0], config.simulator), config.channel)
    for k, changed in enumerate(envs):
        if changed == envs[0]:
            continue
        other = seen(NetworkEnv(changed, config.simulator), config.channel)
        for kind in ("observation_space", "action_space"):
            before, after = getattr(first, kind), getattr(other, kind)
            if before != after:
                raise ConfigError(
                    f"sessions[{k}] changes the {kind} from {before} to {after}; allowed: one {kind} for all sessions, "
                    "because one agent walks them. Train on the other one in a run of its own."
                )
    if (objection := agent.refuses(first)) is not None:
        kinds = {name: agents.registry.load(name) for name in agents.registry.names()}
        alike = {name: kind for name, kind in kinds.items() if kind.needs_dataset == agent.needs_dataset}
        able = [name for name, kind in alike.items() if kind.refuses(first) is None]
        raise ConfigError(
            f"agent '{config.agent.name}' {objection}; env '{config.env.name}' has {first.action_space}. "
            f"Agents that can act there: {', '.join(able)}."
        )
    agent.check(first, plan.total_steps)


def train(config: RunConfig, folder: Path, command: list[str], console: bool | None = None) -> Summary:
    """Runs the plan's sessions with the agent and leaves tables, record and model in `folder`.

    Whatever goes wrong, the tables are completed, `run.json` says what happened, `error.txt` holds the traceback, no
    simulator is left behind, and the exception goes on to the caller. SIGTERM acts like Ctrl-C: that is no error and
    leaves no traceback, but what was learnt until then.

    Args:
        config: a config that passed `check`.
        folder: the run's folder; it may exist but must not hold tables.
        command: command line that reproduces the run, for the record and for messages.
        console: whether to draw a progress bar on stderr; None: if it is a terminal.

    Raises:
        SimulatorError: a simulator failed; the message ends in the command that reproduces it.
        KeyboardInterrupt: interrupted by Ctrl-C or SIGTERM.
        OSError: the disk is full or the folder cannot be written.
    """
    agent = make_agent(config)
    plan = agent.plan(config)
    folder.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(folder / "metrics")
    record = RunRecord(folder, command, config, plan.total_steps, agent.learnt_on())
    progress = RunProgress(plan.total_steps, len(plan.configs), console)
    agent.on_update = progress.updated
    env = SequentialSessions(open_env(config), plan, (recorder, record, progress))
    with sigterm_as_ctrl_c(), told_however_it_ends(env, recorder, record, agent, folder, command):
        for name, source in simulators_under(config) if plan.configs else ():
            simulators.registry.load(name).prepare(config.simulator, source)
        with progress:
            agent.learn(env, config.seed, folder)
            agent.save(folder)
        recorder.close("stopped", "the agent stopped early")
    return Summary.of(folder, recorder, record, [*_given_up(env, record), *agent.notes])


def _given_up(env: SequentialSessions, record: RunRecord) -> list[str]:
    """A note on the steps that the agent left undone; an environment that ends its episodes itself leaves none."""
    planned, done = record.content["planned_steps"], record.content["steps"]
    if done == planned or (env.finished and env.network.adapter.foreign):
        return []
    return [f"the agent gave up {planned - done} of {planned} planned steps"]


def make_agent(config: RunConfig) -> Agent[Any]:
    """The agent that the config names."""
    return agents.registry.load(config.agent.name)(config.agent)


@dataclass(frozen=True)
class Summary:
    """What a complete run came to.

    Attributes:
        folder, tables: the run's folder and the one with its tables.
        sessions, episodes, steps: how many were done.
        mean_return: mean return over all episodes; None without episodes.
        first_return, last_return: the same over the first and the last tenth of the episodes, at least one each.
        wall_s, sim_s: seconds that passed on the clock and in all simulations.
        start_s: seconds of `wall_s` before the first step began.
        notes: remarks on the run.
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

    @classmethod
    def of(cls, folder: Path, recorder: Recorder, record: RunRecord, notes: list[str]) -> Summary:
        """The summary of the run that these have just finished."""
        returns, content = recorder.returns, record.content
        tenth = max(1, len(returns) // 10)
        return cls(
            folder=str(folder),
            tables=str(recorder.folder),
            sessions=len(content["seeds"]),
            episodes=len(returns),
            steps=content["steps"],
            mean_return=float(np.mean(returns)) if returns else None,
            first_return=float(np.mean(returns[:tenth])) if returns else None,
            last_return=float(np.mean(returns[-tenth:])) if returns else None,
            wall_s=content["wall_s"],
            sim_s=content["sim_s"],
            start_s=content["start_s"] or 0.0,
            notes=tuple(notes),
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

    def as_dict(self) -> dict[str, Any]:
        """All figures as plain values, for JSON."""
        return {**asdict(self), "steps_per_s": self.steps_per_s, "sim_per_wall": self.sim_per_wall}

    def lines(self) -> list[str]:
        """The summary for people."""
        done = ", ".join(
            f"{number} {thing}{'' if number == 1 else 's'}"
            for number, thing in ((self.sessions, "session"), (self.episodes, "episode"), (self.steps, "step"))
        )
        told = [
            f"{done}: started in {self.start_s:.1f} s, then {self.wall_s - self.start_s:.1f} s at "
            f"{self.steps_per_s:.1f} steps/s"
            + (f", {self.sim_per_wall:.2f} simulated seconds per second" if self.sim_s else "")
        ]
        if 0 < self.episodes < FEW_EPISODES:
            told.append(f"mean return {self.mean_return:.4g}")
        elif self.episodes:
            told.append(
                f"mean return {self.first_return:.4g} in the first tenth of the episodes, "
                f"{self.last_return:.4g} in the last"
            )
        return [*told, *(f"note: {note}" for note in self.notes), f"tables: {self.tables}"]
