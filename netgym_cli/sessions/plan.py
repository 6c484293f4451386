"""The sessions of a run, each fully configured before the first one starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import EnvConfig, RunConfig, plain, require, typed
from netgym_cli.envs.network_env import seed_of_session


@dataclass(frozen=True)
class Plan:
    """The sessions of a run, each fully configured before the first one starts.

    Attributes:
        configs: one environment record per session: the run's `env` with that session's overrides.
        seeds: seed of each session, or None where a fresh one is drawn. A session that overrides `random_seed` gets
            exactly that one; the others get seeds derived from the run's.
    """

    configs: tuple[EnvConfig, ...]
    seeds: tuple[int | None, ...]

    @classmethod
    def of(cls, config: RunConfig) -> Plan:
        """The plan of `config.sessions`. Raises `ConfigError` that names the session with a bad override."""
        configs = tuple(_overridden(config.env, change, f"sessions[{k}]") for k, change in enumerate(config.sessions))
        base = config.env.random_seed
        seeds = tuple(
            env.random_seed if "random_seed" in change or base is None else seed_of_session(base, k)
            for k, (env, change) in enumerate(zip(configs, config.sessions, strict=True))
        )
        return cls(configs, seeds)

    @property
    def steps(self) -> tuple[int, ...]:
        """Number of steps of each session."""
        return tuple(env.episodes_per_session * env.steps_per_episode for env in self.configs)

    @property
    def total_steps(self) -> int:
        """Number of steps of the whole run."""
        return sum(self.steps)


def _overridden(base: EnvConfig, change: Mapping[str, Any], where: str) -> EnvConfig:
    require(isinstance(change, Mapping), where, change, "a mapping of env keys, such as {episodes_per_session: 3}")
    name = change.get("name", base.name)
    require(name == base.name, f"{where}.name", name, f"{base.name}, as env.name: one run has one environment")
    config = typed(type(base), OmegaConf.merge(plain(base), dict(change)), where)  # type: ignore[arg-type]
    try:
        config.validate()
    except ConfigError as error:  # it speaks of env, and the user wrote sessions
        raise ConfigError(re.sub(r"\benv\.", f"{where}.", str(error))) from error
    return config
