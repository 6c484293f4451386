"""How good agents are on networks that none of them was trained on, every agent on the same ones.

A seed is one session: a fresh simulator that lives for all episodes of that seed. Seeds are the independent samples;
episodes of a session are not, because they share its network. An agent may come as several trainings, which differ in
their seed alone: then the intervals are for other trainings on other networks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from netgym_cli.common import aggregates, statistics
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
DEFAULT_ALGORITHM = "system_default"
Row = dict[str, Any]
Contender = AgentConfig | Path | Sequence[Path]  # a rule, a training, or several trainings of one agent


@dataclass(frozen=True)
class Evaluation:
    """The results of the agents.

    Attributes:
        env: name that the environment was chosen by.
        seeds: seed of every session; all agents met all of them.
        episodes: episodes of a session.
        baseline: label of the agent that the others are compared with.
        scores: label of the agent to metric to its values, (trainings, seeds); one row for an agent without training.
            Metrics are `return` (mean over the episodes of the sum of their rewards), `reward` (mean per step) and the
            environment's KPIs (means over all steps).
        names: of `env`, `channel` and `simulator` as they were chosen and, under `base`, of the members they are.
    """

    env: str
    seeds: tuple[int, ...]
    episodes: int
    baseline: str
    scores: Mapping[str, Mapping[str, np.ndarray]]
    names: Mapping[str, Any] = field(default_factory=dict)

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, `return` first."""
        return list(self.scores[self.baseline])

    @property
    def values(self) -> dict[str, dict[str, np.ndarray]]:
        """Label to metric to one value per seed, the mean over the agent's trainings."""
        return {
            label: {metric: table.mean(axis=0) for metric, table in metrics.items()}
            for label, metrics in self.scores.items()
        }

    def trainings(self, label: str) -> int:
        """Number of trainings behind an agent; 1 for one that was not trained, too."""
        return len(self.scores[label][self.metrics[0]])

    def summary(self) -> list[Row]:
        """One row per agent and metric: `agent`, `metric`, `mean`, `low`, `high` (95 % interval), `seeds`, `trainings`,
        and the interquartile mean with its interval, `iqm`, `iqm_low`, `iqm_high`."""
        return self._summary

    def paired(self) -> list[Row]:
        """The same of each agent's differences to the baseline, seed by seed, with `baseline` as a column more, and
        instead of the interquartile mean how probable it is that the agent has more than the baseline on a new network,
        `p_more`, `p_more_low`, `p_more_high`."""
        return self._paired

    @cached_property
    def _summary(self) -> list[Row]:
        return [
            {"agent": label, "metric": metric, **statistics.of_measured(table)._asdict()}
            | {"trainings": len(table), **_columns("iqm", aggregates.interquartile_mean, table)}
            for label, metrics in self.scores.items()
            for metric, table in metrics.items()
        ]

    @cached_property
    def _paired(self) -> list[Row]:
        return [
            {"agent": label, "baseline": self.baseline, "metric": metric}
            | statistics.paired(table, base)._asdict()
            | {"trainings": len(table), **_columns("p_more", aggregates.probability_of_improvement, table, base)}
            for label, metrics in self.scores.items()
            if label != self.baseline
            for metric, table in metrics.items()
            for base in (self.scores[self.baseline][metric],)
        ]

    def by_seed(self) -> list[Row]:
        """One row per agent, training and seed: `agent`, `training` (from 0), `seed` and every metric."""
        return [
            {"agent": label, "training": number, "seed": seed}
            | {metric: float(metrics[metric][number][k]) for metric in metrics}
            for label, metrics in self.scores.items()
            for number in range(self.trainings(label))
            for k, seed in enumerate(self.seeds)
        ]


def _columns(name: str, aggregate: Callable[..., statistics.Estimate], *tables: np.ndarray) -> Row:
    """An aggregate of networks that all tables have measured, with its interval, as columns; NaN if there is none."""
    measured = ~np.isnan(np.concatenate(tables)).any(axis=0)
    if not measured.any():
        return {name: np.nan, f"{name}_low": None, f"{name}_high": None}
    found = aggregate(*([table[:, measured]] for table in tables))
    return {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


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
        tasks: label of the agent to its trainings' sessions, each in the order of `seeds`.
        seeds, episodes: as in `Evaluation`.
    """

    tasks: Mapping[str, Sequence[Sequence[Task]]]
    seeds: tuple[int, ...]
    episodes: int

    @classmethod
    def of(
        cls,
        config: RunConfig,
        contenders: Mapping[str, Contender],
        seeds: Sequence[int],
        episodes: int,
        trust: bool = False,
    ) -> Contest:
        """Every session of every agent. Arguments and `ConfigError` as for `evaluate`."""
        require(episodes >= 1, "episodes", episodes, "1 or more")
        require(len(contenders) >= 1, "agent", list(contenders), "one or more")
        require_seeds(seeds)
        tasks: dict[str, list[list[Task]]] = {label: [] for label in contenders}
        for label, contender in contenders.items():
            for agent, folder in _agents(contender, seeds, trust):
                whole = replace(config, agent=agent)
                tasks[label].append([Task.of(whole, folder, trust, seed, episodes) for seed in seeds])
                tasks[label][-1][0].check()
        return cls(tasks, tuple(seeds), episodes)

    @property
    def usual_baseline(self) -> str:
        """The default algorithm if it takes part, else the first agent."""
        return DEFAULT_ALGORITHM if DEFAULT_ALGORITHM in self.tasks else next(iter(self.tasks))

    def play(self, jobs: int | None = None, baseline: str | None = None, console: bool | None = None) -> Evaluation:
        """Plays all sessions. Arguments and errors as for `evaluate`."""
        config = next(iter(self.tasks.values()))[0][0].config
        baseline = self.usual_baseline if baseline is None else baseline
        require(baseline in self.tasks, "baseline", baseline, f"one of {', '.join(self.tasks)}")
        prepare_simulators(config)
        trainings = [(label, number) for label, runs in self.tasks.items() for number in range(len(runs))]
        order = list(product(range(len(self.seeds)), trainings))
        with progress("sessions", len(order), console) as done:
            try:
                lines = [self.tasks[label][number][k].line() for k, (label, number) in order]
                figures = run_all(lines, WORKER, jobs or os.cpu_count() or 1, lambda number, event: done(0.0))
            except SessionFailed as error:
                k, (label, number) = order[error.number]
                error.label, error.seed, error.training = label, self.seeds[k], number
                which = f" (training {number})" if len(self.tasks[label]) > 1 else ""
                error.args = (f"agent {label}{which}, seed {self.seeds[k]}: {error}",)
                raise
        of, places = dict(zip(order, figures, strict=True)), range(len(self.seeds))
        scores = {
            label: {
                metric: np.array([[of[k, (label, run)][metric] for k in places] for run in range(len(runs))])
                for metric in of[0, (label, 0)]
            }
            for label, runs in self.tasks.items()
        }
        names = {key: value for key, value in config.names().items() if key != "agent"}
        del names["base"]["agent"]
        return Evaluation(names["env"], self.seeds, self.episodes, baseline, scores, names)


def folders_of(contender: Contender) -> list[Path]:
    """The runs of a contender; none for an agent that needs no training."""
    if isinstance(contender, AgentConfig):
        return []
    return [contender] if isinstance(contender, Path) else list(contender)


def _agents(contender: Contender, seeds: Sequence[int], trust: bool) -> list[tuple[AgentConfig, Path | None]]:
    """The config of each training with its folder. Raises `ConfigError` if one has learnt on one of the seeds."""
    if isinstance(contender, AgentConfig):
        return [(contender, None)]
    return [(_trained(folder, seeds, trust), folder) for folder in folders_of(contender)]


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
    contenders: Mapping[str, Contender],
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
            the file of one of its checkpoints; or to several runs that trained it with different seeds.
        seeds: one session each; none may be a training seed of one of the runs.
        episodes: episodes of a session.
        jobs: sessions played at once, in processes of their own; None: one per CPU.
        baseline: label of the agent that others are compared with; None: the default
            algorithm if it takes part, else the first.
        trust: load models that were made elsewhere, which can run code.
        console: whether to draw a progress bar on stderr; None: if it is a terminal.

    Raises:
        ConfigError: an agent cannot act there, a run holds no model, or a bad seed; nothing was played.
        SessionFailed: a simulator or an agent failed; the message names the agent and the seed.
    """
    return Contest.of(config, contenders, seeds, episodes, trust).play(jobs, baseline, console)
