"""What a search may aim at, and where it is measured."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.seeds import FirstSeed, fresh_seeds
from netgym_cli.common.suggestions import did_you_mean
from netgym_cli.config.schema import AgentConfig, RunConfig
from netgym_cli.experiment.run import make_agent
from netgym_cli.experiment.task import Task
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.step import Observer, Step
from netgym_cli.wrappers.required_simulators import prepare_simulators

OF_EVERY_ENV = ("return", "reward")  # mean return of an episode, and mean reward of a step


class _Seen(Exception):
    """Ends a session that has shown what there is to see."""


class _Names(Observer):
    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()

    def step(self, step: Step) -> None:
        self.names = tuple(step.kpis)
        raise _Seen


def metric_names(config: RunConfig, seed: int) -> list[str]:
    """The metrics of an evaluation: those of every environment, and the KPIs of this one, which one step shows.

    Args:
        config: environment, channel and simulator; its agent does not matter.
        seed: of the network that the step is in.

    Raises:
        SimulatorError: the simulator failed.
    """
    prepare_simulators(config)
    seen, task = _Names(), Task.of(replace(config, agent=AgentConfig(name="random")), None, False, seed, 1)
    with closing(task.sessions(seen)) as env, suppress(_Seen):
        make_agent(task.config).rollout(env, seed)
    return [*OF_EVERY_ENV, *seen.names]


def require_objective(config: RunConfig, name: str, seed: int) -> None:
    """Raises `ConfigError`, with what there is, for a metric that the environment does not have."""
    if name in OF_EVERY_ENV:
        return
    if name not in (names := metric_names(config, seed)):
        raise ConfigError(
            f"objective is '{name}'; env={config.name_of('env')} has no such metric.{did_you_mean(name, names)} "
            f"Allowed: {', '.join(names)}."
        )


def require_measurable(config: RunConfig) -> None:
    """Raises `ConfigError` for an agent that cannot be measured after its training, because nothing can load it."""
    agent = make_agent(config)
    if agent.needs_training and not agent.can_be_loaded:
        raise ConfigError(
            f"nothing can load agent {config.name_of('agent')} after its training, so it cannot be measured; give it "
            "save() and load(), or choose another."
        )


def measuring_seeds(config: RunConfig, count: int) -> tuple[int, ...]:
    """So many networks for the measurements of a search: none of the training, and none of an evaluation."""
    return fresh_seeds(count, Plan.of(config).all_seeds, FirstSeed.SEARCH)
