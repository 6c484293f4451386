"""The environment of a run: its sessions one after the other in one simulator, or side by side in several.

Several are a process each, with a thread that waits for it; or all of them one call, where the simulator takes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netgym_cli.config.schema import RunConfig
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.runs.recorded_table import RecordedColumns
from netgym_cli.runs.recorder import Recorder
from netgym_cli.runs.step_recorder import StepRecorder
from netgym_cli.sessions.batched import BatchedSessions, can_be_batched
from netgym_cli.sessions.parallel import ParallelSessions
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.vector import VectorSessions
from netgym_cli.simulators.base import simulator_registry
from netgym_cli.simulators.selection import settings_of
from netgym_cli.wrappers.build import open_env

FIRST = {"all": None, "first": 1, "none": 0}  # simulators, from the first, whose measurements are stored; None: all


def open_sessions(config: RunConfig, plan: Plan) -> SequentialSessions | VectorSessions:
    """The sessions of `plan`, not started yet, for as many simulators as it has seeds for. Raises `ConfigError`."""
    if plan.n_envs == 1:
        return SequentialSessions(open_env(config), plan)
    first = open_env(config)
    if isinstance(first, NetworkEnv) and can_be_batched(first):  # no channel, and a simulator of many
        return BatchedSessions(first, plan)
    return ParallelSessions([first, *(open_env(config) for _ in range(plan.n_envs - 1))], plan)


def recorder_of(
    config: RunConfig,
    folder: Path,
    env: SequentialSessions | VectorSessions,
    n_envs: int,
    continued: Mapping[str, Any] | None = None,
) -> Recorder:
    """What writes the tables of a run of `config`.

    Args:
        config: the run's.
        folder: where the tables go.
        env: the environment, for its spaces.
        n_envs: number of simulators that live each session at once.
        continued: as for `Recorder`.
    """
    if not config.record:
        return Recorder(folder, n_envs, stats_envs(config), continued)
    columns = RecordedColumns(env.observation_space, env.action_space)
    return StepRecorder(folder, columns, n_envs, stats_envs(config), continued)


def stats_envs(config: RunConfig) -> int | None:
    """Number of simulators, from the first, whose measurements `stats.parquet` is to hold; None: all.

    One process that simulates many networks makes measurements faster than a disk should take them.
    """
    if config.record_stats != "auto":
        return FIRST[config.record_stats]
    return 1 if _in_one_process(config) else None


def simulators_at_once(config: RunConfig) -> int:
    """Number of simulators of a run that keep a core of their own busy, 1 or more."""
    return 1 if _in_one_process(config) else config.n_envs


def _in_one_process(config: RunConfig) -> bool:
    required = env_registry.load(config.env.name).required_simulator
    return simulator_registry.load(settings_of(required, config.simulator).name).batches
