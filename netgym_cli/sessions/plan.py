"""The sessions of a run, each fully configured before the first one starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.seeds import seed_of_session
from netgym_cli.config.schema import EnvConfig, RunConfig, plain, require, typed


@dataclass(frozen=True)
class Plan:
    """The sessions of a run, each fully configured before the first one starts.

    Attributes:
        configs: one environment record per session: the run's `env` with that session's overrides.
        seeds: seed of each session, or None where a fresh one is drawn. A session that overrides `random_seed` gets
            exactly that one; the others get seeds derived from the run's.
        further_seeds: the same for each simulator after the first, where several live every session at once. The first
            keeps its seeds, and so meets the same networks, however many there are.
    """

    configs: tuple[EnvConfig, ...]
    seeds: tuple[int | None, ...]
    further_seeds: tuple[tuple[int | None, ...], ...] = ()

    @classmethod
    def of(cls, config: RunConfig) -> Plan:
        """The plan of `config.sessions`, or of `config.steps` where that says how long the run is.

        So many sessions are those of the config's `env`; so many steps are sessions of it, of which the last may have
        fewer episodes.

        Raises `ConfigError` that names the session with a bad override, or says which numbers of steps are allowed.
        """
        changes = _changes(config)
        configs = tuple(_overridden(config.env, change, f"sessions[{k}]") for k, change in enumerate(changes))
        base = config.env.random_seed
        places = tuple(  # what a session's seeds are derived from, and which session from there it is
            (env.random_seed, 0) if "random_seed" in change else (base, k)
            for k, (env, change) in enumerate(zip(configs, changes, strict=True))
        )
        seeds, *further = (
            tuple(None if begin is None else seed_of_slot(begin, k, env) for begin, k in places)
            for env in range(config.n_envs)
        )
        return cls(configs, seeds, tuple(further))

    @property
    def n_envs(self) -> int:
        """Number of simulators that live each session at once."""
        return 1 + len(self.further_seeds)

    def slot(self, env: int) -> Plan:
        """What the simulator of this number, from 0, goes through."""
        return Plan(self.configs, (self.seeds, *self.further_seeds)[env])

    @property
    def all_seeds(self) -> tuple[int | None, ...]:
        """The seeds of all simulators, session by session."""
        by_session = zip(self.seeds, *self.further_seeds, strict=True)
        return tuple(seed for seeds in by_session for seed in seeds)

    @property
    def steps(self) -> tuple[int, ...]:
        """Number of steps of each session in one simulator."""
        return tuple(env.episodes_per_session * env.steps_per_episode for env in self.configs)

    @property
    def total_steps(self) -> int:
        """Number of steps of the whole run, in all simulators together."""
        return self.n_envs * sum(self.steps)


def seed_of_slot(base_seed: int, session: int, env: int) -> int:
    """The seed with which a simulator, counted from 0, lives the n-th session of a run that begins with `base_seed`."""
    if env == 0:
        return seed_of_session(base_seed, session)
    return int(np.random.SeedSequence((base_seed, session, env)).generate_state(1, np.uint32)[0] >> 1)


def _changes(config: RunConfig) -> list[Mapping[str, Any]]:
    """The overrides of every session."""
    if config.planned_steps is not None:
        return _of_steps(config, config.planned_steps)
    return [*config.sessions] if isinstance(config.sessions, list) else [{}] * config.sessions


def _of_steps(config: RunConfig, steps: int) -> list[Mapping[str, Any]]:
    """The sessions of the config's `env` that have so many steps together, in all of the agent's simulators."""
    simulators, length = config.n_envs, config.env.steps_per_episode
    least = simulators * length
    if steps % least:
        near = [number for number in (steps // least * least, (steps // least + 1) * least) if number]
        several = f" in each of agent.n_envs={simulators} simulators" if simulators > 1 else ""
        raise ConfigError(
            f"steps is {steps}; allowed: whole episodes of env.steps_per_episode={length} steps{several}, "
            f"such as {' or '.join(map(str, near))}."
        )
    full, rest = divmod(steps // least, config.env.episodes_per_session)
    return [{}] * full + ([{"episodes_per_session": rest}] if rest else [])


def _overridden(base: EnvConfig, change: Mapping[str, Any], where: str) -> EnvConfig:
    if change == {}:
        return base
    require(isinstance(change, Mapping), where, change, "a mapping of env keys, such as {episodes_per_session: 3}")
    name = change.get("name", base.name)
    require(name == base.name, f"{where}.name", name, f"{base.name}, as env.name: one run has one environment")
    config = typed(type(base), OmegaConf.merge(plain(base), dict(change)), where)  # type: ignore[arg-type]
    try:
        config.validate()
    except ConfigError as error:  # it speaks of env, and the user wrote sessions
        raise ConfigError(re.sub(r"\benv\.", f"{where}.", str(error))) from error
    return config
