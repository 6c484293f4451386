"""How good agents are on networks that none of them was trained on, every agent on the same ones.

A seed is one session: a fresh simulator that lives for all episodes of that seed. Seeds are the independent samples;
episodes of a session are not, because they share its network.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from netgym_cli.common import statistics
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.seeds import FirstSeed, fresh_seeds
from netgym_cli.config.schema import AgentConfig, RunConfig, require
from netgym_cli.experiment.config import config_of, seeds_of
from netgym_cli.experiment.requests import require_seeds
from netgym_cli.experiment.task import Task
from netgym_cli.jobs.pool import SessionFailed, run_all
from netgym_cli.jobs.progress import progress
from netgym_cli.wrappers.required_simulators import prepare_simulators

WORKER = "netgym_cli.evaluation.worker"
Row = dict[str, Any]


@dataclass(frozen=True)
class Evaluation:
    """The results of the agents.

    Attributes:
        env: name that the environment was chosen by.
        seeds: seed of every session; all agents met all of them.
        episodes: episodes of a session.
        baseline: label of the agent that the others are compared with.
        values: label of the agent to metric to one value per seed. Metrics are `return` (mean over the episodes of the
            sum of their rewards), `reward` (mean per step) and the environment's KPIs (means over all steps).
        names: of `env`, `channel` and `simulator` as they were chosen and, under `base`, of the members they are.
    """

    env: str
    seeds: tuple[int, ...]
    episodes: int
    baseline: str
    values: Mapping[str, Mapping[str, np.ndarray]]
    names: Mapping[str, Any] = field(default_factory=dict)

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, `return` first."""
        return list(self.values[self.baseline])

    def summary(self) -> list[Row]:
        """One row per agent and metric: `agent`, `metric`, `mean`, `low`, `high` (95 % interval), `seeds`."""
        return [
            {"agent": label, "metric": metric, **statistics.of_measured(values)._asdict()}
            for label, metrics in self.values.items()
            for metric, values in metrics.items()
        ]

    def paired(self) -> list[Row]:
        """The same of each agent's differences to the baseline, seed by seed, with `baseline` as a column more."""
        return [
            {"agent": label, "baseline": self.baseline, "metric": metric}
            | statistics.paired(values, self.values[self.baseline][metric])._asdict()
            for label, metrics in self.values.items()
            if label != self.baseline
            for metric, values in metrics.items()
        ]

    def by_seed(self) -> list[Row]:
        """One row per agent and seed: `agent`, `seed` and every metric."""
        return [
            {"agent": label, "seed": seed, **{metric: float(metrics[metric][k]) for metric in metrics}}
            for label, metrics in self.values.items()
            for k, seed in enumerate(self.seeds)
        ]


def default_seeds(
    count: int, trained_on: frozenset[int] = frozenset(), first: int = FirstSeed.EVALUATION
) -> tuple[int, ...]:
    """The first `count` seeds from `first` on, which is 1000000, that no training session had."""
    return fresh_seeds(count, trained_on, first)


def _written(seeds: Sequence[int]) -> str:
    """The argument that asks for just these seeds."""
    return f"seeds=[{','.join(map(str, seeds))}]"


@dataclass(frozen=True)
class Contest:
    """The sessions of an evaluation, checked and ready to be played.

    Attributes:
        tasks: label of the agent to its sessions, in the order of `seeds`.
        seeds, episodes: as in `Evaluation`.
    """

    tasks: Mapping[str, Sequence[Task]]
    seeds: tuple[int, ...]
    episodes: int

    @classmethod
    def of(
        cls,
        config: RunConfig,
        contenders: Mapping[str, AgentConfig | Path],
        seeds: Sequence[int],
        episodes: int,
        trust: bool = False,
    ) -> Contest:
        """Every session of every agent. Arguments and `ConfigError` as for `evaluate`."""
        require(episodes >= 1, "episodes", episodes, "1 or more")
        require(len(contenders) >= 1, "agent", list(contenders), "one or more")
        require_seeds(seeds)
        tasks: dict[str, list[Task]] = {}
        for label, contender in contenders.items():
            folder = contender if isinstance(contender, Path) else None
            agent = _trained(contender, seeds, trust) if isinstance(contender, Path) else contender
            whole = replace(config, agent=agent)
            tasks[label] = [Task.of(whole, folder, trust, seed, episodes) for seed in seeds]
            tasks[label][0].check()
        return cls(tasks, tuple(seeds), episodes)

    def play(self, jobs: int | None = None, baseline: str | None = None, console: bool | None = None) -> Evaluation:
        """Plays all sessions. Arguments and errors as for `evaluate`."""
        config = next(iter(self.tasks.values()))[0].config
        baseline = next(iter(self.tasks)) if baseline is None else baseline
        require(baseline in self.tasks, "baseline", baseline, f"one of {', '.join(self.tasks)}")
        prepare_simulators(config)
        order = list(product(range(len(self.seeds)), self.tasks))
        with progress("sessions", len(order), console) as done:
            try:
                lines = [self.tasks[label][k].line() for k, label in order]
                figures = run_all(lines, WORKER, jobs or os.cpu_count() or 1, lambda number, event: done(0.0))
            except SessionFailed as error:
                k, label = order[error.number]
                error.label, error.seed = label, self.seeds[k]
                error.args = (f"agent {label}, seed {self.seeds[k]}: {error}",)
                raise
        of = dict(zip(order, figures, strict=True))
        values = {
            label: {name: np.array([of[k, label][name] for k in range(len(self.seeds))]) for name in of[0, label]}
            for label in self.tasks
        }
        names = {key: value for key, value in config.names().items() if key != "agent"}
        del names["base"]["agent"]
        return Evaluation(names["env"], self.seeds, self.episodes, baseline, values, names)


def _trained(run: Path, seeds: Sequence[int], trust: bool) -> AgentConfig:
    """The agent of a run. Raises `ConfigError` if it has learnt on one of the seeds."""
    config = config_of(run, trust)
    if known := sorted(set(seeds) & (met := seeds_of(run, config))):
        raise ConfigError(
            f"'{run}' has met the seeds {known}, in training or in its own evaluations; "
            f"evaluate it on others, such as {_written(default_seeds(len(seeds), met))}."
        )
    return config.agent


def evaluate(
    config: RunConfig,
    contenders: Mapping[str, AgentConfig | Path],
    seeds: Sequence[int],
    episodes: int = 5,
    jobs: int | None = None,
    baseline: str | None = None,
    trust: bool = False,
    console: bool | None = None,
) -> Evaluation:
    """Lets every agent play every seed; nobody learns.

    Args:
        config: the environment (`env`, `channel`, `simulator`); its agent, seed and sessions do not matter.
        contenders: label to the config of an agent that needs no training, or to a run that trained one: its folder or
            the file of one of its checkpoints.
        seeds: one session each; none may be a training seed of one of the runs.
        episodes: episodes of a session.
        jobs: sessions played at once, in processes of their own; None: one per CPU.
        baseline: label of the agent that others are compared with; None: the first.
        trust: load models that were made elsewhere, which can run code.
        console: whether to draw a progress bar on stderr; None: if it is a terminal.

    Raises:
        ConfigError: an agent cannot act there, a run holds no model, or a bad seed; nothing was played.
        SessionFailed: a simulator or an agent failed; the message names the agent and the seed.
    """
    return Contest.of(config, contenders, seeds, episodes, trust).play(jobs, baseline, console)
