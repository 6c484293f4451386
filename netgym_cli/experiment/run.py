"""The program: a config becomes sessions, an agent goes through them, and tables say what happened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from netgym_cli.agents.base import Agent, agent_registry
from netgym_cli.common import interruption
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.user_code import written_in
from netgym_cli.config.schema import RunConfig, plain
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import end_evaluation
from netgym_cli.experiment.config import needs_trust
from netgym_cli.experiment.going_on import GoingOn
from netgym_cli.experiment.lifecycle import RunUnderWay, run_lifecycle
from netgym_cli.experiment.opening import open_sessions, recorder_of
from netgym_cli.experiment.periodic import evaluated_on_the_way
from netgym_cli.experiment.progress import RunProgress
from netgym_cli.experiment.progress_lines import ProgressLines
from netgym_cli.experiment.resume_points import RunResumePoints
from netgym_cli.experiment.simulator_load import SimulatorLoad
from netgym_cli.experiment.summary import Summary
from netgym_cli.runs.checkpoints import Checkpoints
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorded_table import require_recordable
from netgym_cli.runs.trackers.base import require_installed
from netgym_cli.runs.trackers.tracking import Tracking
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.vector import VectorSessions
from netgym_cli.wrappers.build import agent_spec
from netgym_cli.wrappers.required_simulators import prepare_simulators


def check(config: RunConfig) -> None:
    """Everything about a run that can be known before it leaves a trace. Raises `ConfigError`."""
    config.validate()
    require_installed(config.tracker)
    agent = make_agent(config)
    plan = agent.plan(config)
    envs = plan.configs or (config.env,)
    first = agent_spec(NetworkEnv(envs[0], config.simulator), config.channel)
    for k, changed in enumerate(envs):
        if changed == envs[0]:
            continue
        other = agent_spec(NetworkEnv(changed, config.simulator), config.channel)
        for kind in ("observation_space", "action_space"):
            before, after = getattr(first, kind), getattr(other, kind)
            if before != after:
                raise ConfigError(
                    f"sessions[{k}] changes the {kind} from {before} to {after}; allowed: one {kind} for all sessions, "
                    "because one agent walks them. Train on the other one in a run of its own."
                )
    if (objection := agent.incompatibility(first)) is not None:
        kinds = {name: agent_registry.load(name) for name in agent_registry.names()}
        able = [name for name, kind in kinds.items() if kind.incompatibility(first) is None]
        alike = [name for name in able if kinds[name].needs_dataset == agent.needs_dataset]
        raise ConfigError(
            f"agent '{config.name_of('agent')}' {objection}. "
            f"Agents that can act in env '{config.name_of('env')}': {', '.join(alike or able)}."
        )
    agent.check(first, plan.total_steps)
    if config.record:
        require_recordable(first.observation_space, first.action_space)
    end_evaluation.check(config)


def train(
    config: RunConfig,
    folder: Path,
    command: list[str],
    console: bool | None = None,
    going_on: GoingOn | None = None,
) -> Summary:
    """Runs the plan's sessions with the agent and leaves tables, record and model in `folder`.

    Whatever goes wrong, the tables are completed, `run.json` says what happened, `error.txt` holds the traceback, no
    simulator is left behind, and the exception goes on to the caller. SIGTERM and SIGHUP act like Ctrl-C: that is no
    error and leaves no traceback, but what was learnt until then. The first of them counts, and none once the run has
    ended.

    Args:
        config: a config that passed `check`.
        folder: the run's folder; it may exist but must not hold tables.
        command: command line that reproduces the run, for the record and for messages.
        console: whether to draw a progress bar on stderr, or else log a line now and then; None: if it is a terminal.
        going_on: for a run in the folder that ended early, from where it goes on; None: a new run.

    Raises:
        ReplayDiffers: the run cannot go on from there; nothing was changed.
        SimulatorError: a simulator failed; the message ends in the command that reproduces it.
        KeyboardInterrupt: interrupted by Ctrl-C, SIGTERM or SIGHUP.
        FileExistsError: a run has begun in the folder before; nothing of it was changed.
        OSError: the disk is full or the folder cannot be written.
    """
    agent = make_agent(config)
    plan = agent.plan(config)
    env = open_sessions(config, plan)  # what is wrong with it is told before the run has a record
    files = RunFolder(folder)
    run = RunUnderWay(files, command, agent, env)
    store, saved = Checkpoints(files), None if going_on is None else going_on.saved
    if recorded := agent.resumes and config.checkpoint_every_s > 0:
        env.keep_actions()
    tracking = Tracking(config)
    with interruption.handled(), tracking, run_lifecycle(run):
        if going_on is not None:
            prepare_simulators(config)
            going_on.bring(env, store)
        folder.mkdir(parents=True, exist_ok=True)
        tables = None if saved is None else saved.tables
        recorder = recorder_of(config, files.metrics, env, plan.n_envs, tables)
        noted = None if going_on is None else going_on.noted
        record = RunRecord(folder, command, config, plan.total_steps, recorder, agent.training_seeds(), noted)
        run.begin(recorder, record)
        progress = RunProgress(plan.total_steps, len(plan.configs), console, plan.n_envs)
        if going_on is not None:
            progress.go_on(recorder.stored_steps, going_on.under_way)
        load = SimulatorLoad(plan.n_envs)
        told_by = progress if progress.shown else ProgressLines(record)
        env.observers = (recorder, record, told_by, load, *tracking.begin(record))
        if plan.configs:
            prepare_simulators(config)
        if recorded:
            agent.resume_points = RunResumePoints(config.checkpoint_every_s, store, env, recorder, record, saved)
        with progress, evaluated_on_the_way(agent, config, record, plan, going_on is not None):
            agent.learn(env, config.seed, folder)  # type: ignore[arg-type]  # several for those that can
            agent.save(folder)
    store.remove()
    notes = [*_given_up(env, record), *_differing(plan), *_recovered(record), *load.notes(), *agent.notes]
    name = config.name_of("agent") if agent.can_be_loaded else ""
    measured, learnt = agent.needs_dataset, agent.learns
    summary = Summary.of(folder, recorder, record, notes, measured, name, needs_trust(files), learnt)
    return replace(summary, to_evaluate=end_evaluation.asked_for(config))


def _given_up(env: SequentialSessions | VectorSessions, record: RunRecord) -> list[str]:
    """A note on the steps that the agent left undone; an environment that ends its episodes itself leaves none."""
    planned, done = record.content["planned_steps"], record.content["steps"]
    if done == planned:
        return []
    adapter = env.network.adapter
    if env.finished and (adapter.external_env or adapter.ends_episodes):
        ended = "the run ended with the first simulator that had done its episodes, which differ in length"
        return [] if env.plan.n_envs == 1 else [ended]
    return [f"the agent gave up {planned - done} of {planned} planned steps"]


def _recovered(record: RunRecord) -> list[str]:
    """A note on processes that were replaced."""
    times: int = record.content["recoveries"]
    if not times:
        return []
    some = "a simulator's process died" if times == 1 else f"simulators' processes died {times} times"
    return [f"{some}; others did their sessions so far again and measured the same, so no result depends on it"]


def _differing(plan: Plan) -> list[str]:
    """A note on what sessions differ in besides seed and number of episodes: their returns are of other things."""
    envs = [plain(config) for config in plan.configs]
    passing = ("random_seed", "episodes_per_session")
    keys = (
        [key for key in envs[0] if key not in passing and any(env[key] != envs[0][key] for env in envs)] if envs else []
    )
    return [f"the sessions differ in {', '.join(keys)}, and a mean return is over all of them"] if keys else []


def make_agent(config: RunConfig) -> Agent[Any]:
    """The agent that the config names. Raises `ConfigError` if a user's constructor leaves out netgym's."""
    kind = agent_registry.load(config.agent.name)
    agent = kind(config.agent)
    if not hasattr(agent, "notes"):
        raise ConfigError(
            f"agent '{config.agent.name}': the constructor of {kind.__name__}{written_in(kind)} does not call "
            "`super().__init__(config)`; write it first."
        )
    return agent
