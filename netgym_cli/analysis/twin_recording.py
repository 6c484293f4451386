"""What agents do to networks of one simulator, step by step: the material that a twin is fitted to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np

from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig, RunConfig
from netgym_cli.experiment.task import Task
from netgym_cli.sessions.step import Observer, Step
from netgym_cli.simulators.stats import Layout, Row

ALWAYS = ("random", "system_default")


@dataclass(frozen=True)
class Recording:
    """Sessions of one agent.

    Attributes:
        keys: what was measured: `source::name` of every place of the values.
        seeds: of the sessions.
        values: measurements, shape `(sessions, steps, places)`.
        rewards: shape `(sessions, steps)`.
    """

    keys: tuple[str, ...]
    seeds: tuple[int, ...]
    values: np.ndarray
    rewards: np.ndarray

    @cached_property
    def layout(self) -> Layout:
        """The order of the values, without units."""
        rows = []
        for key, places in groupby(self.keys):
            source, _, name = key.partition("::")
            rows.append(Row(source, name, "", tuple(range(1, len(list(places)) + 1))))
        return Layout(tuple(rows))

    def of(self, key: str) -> np.ndarray:
        """A measurement of all entities, shape `(sessions, steps, entities)`."""
        return self.values[:, :, [k for k, name in enumerate(self.keys) if name == key]]


class _Steps(Observer):
    def __init__(self) -> None:
        self.keys: tuple[str, ...] = ()
        self.values: list[np.ndarray] = []
        self.rewards: list[float] = []

    def step(self, step: Step) -> None:
        if not self.keys:
            self.keys = tuple(row.key for row in step.stats.layout.rows for _ in row.ids)
        self.values.append(step.stats.values)
        self.rewards.append(step.reward)


def record(
    config: RunConfig,
    seeds: Sequence[int],
    episodes: int,
    told: Callable[[str], None],
    folder: Path | None = None,
) -> Recording:
    """Plays the agent of `config` on every seed, one session each.

    Args:
        config: a run whose agent needs no training, unless `folder` has it.
        seeds: one session each.
        episodes: episodes of a session.
        told: told a line after every session.
        folder: run that the agent was trained in, by its folder or a file in it.

    Raises:
        SimulatorError: a simulator failed.
    """
    played = []
    for seed in seeds:
        task, steps = Task.of(config, folder, False, seed, episodes), _Steps()
        with closing(task.sessions(steps)) as sessions:
            task.agent().rollout(sessions, seed)
        played.append(steps)
        told(f"{config.agent.name}, seed {seed}: reward {np.mean(steps.rewards):.3f}")
    values, rewards = np.array([one.values for one in played]), np.array([one.rewards for one in played])
    return Recording(played[0].keys, tuple(seeds), values, rewards)


def save(file: Path, recordings: Mapping[str, Recording]) -> None:
    """Keeps recordings by the names of their agents."""
    arrays: dict[str, np.ndarray] = {}
    for name, recording in recordings.items():
        arrays |= {f"{name}/values": recording.values, f"{name}/rewards": recording.rewards}
        arrays |= {f"{name}/seeds": np.array(recording.seeds), f"{name}/keys": np.array(recording.keys)}
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load(file: Path) -> dict[str, Recording]:
    """The recordings that `save` kept."""
    with np.load(file) as arrays:
        names = dict.fromkeys(key.rpartition("/")[0] for key in arrays.files)
        return {
            name: Recording(
                tuple(arrays[f"{name}/keys"].tolist()),
                tuple(arrays[f"{name}/seeds"].tolist()),
                arrays[f"{name}/values"],
                arrays[f"{name}/rewards"],
            )
            for name in names
        }


def with_agent(config: RunConfig, agent: AgentConfig) -> RunConfig:
    """The same run with another agent."""
    return replace(config, agent=agent)


def is_rule(name: str) -> bool:
    """Whether an agent of this name decides by a rule, and so plays without training."""
    return name in ALWAYS or issubclass(agent_registry.load(name), Rule)
