"""A session for a worker process: an agent, an environment and a seed, as a line that can be sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.agents.base import Agent, agent_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.user_code import before_a_run
from netgym_cli.config.schema import RunConfig
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.runs.saved_model import SavedModel
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.step import Observer
from netgym_cli.wrappers.build import agent_spec, open_env


@dataclass(frozen=True)
class Task:
    """What to play.

    Attributes:
        config: environment, agent and seed of the one session.
        folder: run that the agent was trained in, by its folder or a checkpoint in it; None for one that needs none.
        trust: load it even if it was made elsewhere.
    """

    config: RunConfig
    folder: Path | None
    trust: bool

    @classmethod
    def of(cls, config: RunConfig, folder: Path | None, trust: bool, seed: int, episodes: int) -> Task:
        """The task of `config`'s agent on one seed, which begins environment and agent as a run's seed does."""
        env = replace(config.env, random_seed=seed, episodes_per_session=episodes)
        session = replace(
            config, env=env, seed=seed, sessions=1, dataset=None, steps=None, init=None, evaluate_at_end=None
        )
        return cls(session, folder, trust)

    def agent(self) -> Agent[Any]:
        """The agent, ready to act. Raises `ConfigError` if it cannot be loaded."""
        kind = agent_registry.load(self.config.agent.name)
        if self.folder is None:
            return run.make_agent(self.config)
        saved = SavedModel.at(self.folder)
        if saved.checkpoint is not None:
            return kind.load_checkpoint(self.config.agent, saved.checkpoint, self.trust)
        return kind.load(self.config.agent, saved.run.path, self.trust)

    def sessions(self, *observers: Observer) -> SequentialSessions:
        """The session, not started yet."""
        return SequentialSessions(open_env(self.config), Plan.of(self.config).slot(0), observers)

    @before_a_run()
    def check(self) -> None:
        """Raises `ConfigError` if the agent needs training first, or cannot act in the environment."""
        config = self.config
        kind = agent_registry.load(config.agent.name)
        if self.folder is None:
            if kind.needs_training:
                raise ConfigError(
                    f"agent '{config.name_of('agent')}' has to be trained first, by netgym train; then give the run's "
                    f"folder instead of agent={config.name_of('agent')}."
                )
            run.check(config)
            self.agent().begin(self.sessions(), config.seed)
            return
        try:
            spec = agent_spec(NetworkEnv(config.env, config.simulator), config.channel)
            if (objection := kind.incompatibility(spec)) is not None:
                raise ConfigError(f"agent '{config.agent.name}' {objection}.")
            self.agent().begin(self.sessions(), config.seed)
        except ConfigError as error:
            raise ConfigError(f"run '{self.folder}': {error}") from error

    def line(self) -> str:
        """The task as one line of JSON."""
        folder = None if self.folder is None else str(self.folder)
        task = {"config": self.config.values(), "choices": self.config.choices, "folder": folder, "trust": self.trust}
        return json.dumps(task) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Task:
        """The task that `line` wrote."""
        raw = json.loads(line)
        folder = None if raw["folder"] is None else Path(raw["folder"])
        config = replace(typed_run(OmegaConf.create(raw["config"])), choices=raw["choices"])
        return cls(config, folder, raw["trust"])
