"""What the offline agents share: the dataset, the evaluations as the run's sessions, and the checks of both."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from netgym_cli.agents.offline.config import OfflineConfig
from netgym_cli.agents.sb3.agent import Sb3Agent
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.seeds import FirstSeed
from netgym_cli.common.space_text import short_text
from netgym_cli.config.schema import RunConfig
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.vector import VectorSessions

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from netgym_cli.agents.offline.learner import Learner
    from netgym_cli.datasets import Dataset

O = TypeVar("O", bound=OfflineConfig)  # noqa: E741 - of offline


class OfflineAgent(Sb3Agent[O]):
    """Learns an SB3 model from a dataset by gradient updates alone; the run's sessions only measure it."""

    needs_dataset: ClassVar[bool] = True

    @abstractmethod
    def learner(self, model: BaseAlgorithm) -> Learner:
        """The algorithm that updates the networks of `model`."""

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset that the config names. Raises `ConfigError` without one."""
        from netgym_cli.datasets import open_dataset

        if self.config.dataset is None:
            raise ConfigError(
                f"agent '{self.config.name}' learns from a dataset; add dataset=ID, one of `netgym data list`, "
                "and steps=NUMBER, how many gradient updates."
            )
        return open_dataset(self.config.dataset)

    def plan(self, config: RunConfig) -> Plan:
        """One session per evaluation, all with one seed, which is none of the dataset's.

        So evaluations along the training are paired: only the policy changes from one to the next.
        """
        collected_seeds = self.training_seeds()
        if self.config.steps is None:
            raise ConfigError(
                f"agent '{self.config.name}' learns by gradient updates; add steps=NUMBER, such as steps=10000."
            )
        if isinstance(config.sessions, list) and config.sessions != [{}]:
            raise ConfigError(
                f"sessions is {config.sessions}, and the sessions of agent '{self.config.name}' are its evaluations; "
                "leave sessions out: agent.evaluate_every_steps says how many, agent.evaluation_episodes how long."
            )
        seed = (FirstSeed.OFFLINE + config.seed) % 2**31
        while seed in collected_seeds:
            seed = (seed + 1) % 2**31
        env = replace(config.env, random_seed=seed, episodes_per_session=self.config.evaluation_episodes)
        count = len(self.config.evaluated_after())
        return Plan((env,) * count, (seed,) * count)

    def training_seeds(self) -> frozenset[int]:
        seeds = self.dataset.netgym.get("seeds")
        return frozenset(seed for seed in seeds if isinstance(seed, int)) if isinstance(seeds, list) else frozenset()

    def check(self, spec: AgentSpec, steps: int) -> None:
        from netgym_cli.datasets.schema import as_stored

        dataset = self.dataset
        collected_in = dataset.netgym.get("env") or {}
        for key in ("name", "id"):  # an id has env=gym alone
            collected_value, run_value = collected_in.get(key), getattr(spec.adapter.config, key, None)
            if collected_value is not None and collected_value != run_value:
                raise ConfigError(
                    f"dataset '{dataset.id}' was collected with env.{key}={collected_value}, and the run has "
                    f"env.{key}={run_value}; choose that environment or another dataset."
                )
        for kind, expected, given in (
            ("observations", dataset.observation_space, spec.observation_space),
            ("actions", dataset.action_space, spec.action_space),
        ):
            if expected != as_stored(given):
                raise ConfigError(
                    f"dataset '{dataset.id}' holds the {kind} {short_text(expected)}, and the environment has "
                    f"{short_text(given)}; choose the env (and channel) that it was collected in, or another dataset."
                )
        if not dataset.total_steps:
            raise ConfigError(f"dataset '{dataset.id}' holds no complete episode; collect some.")
        super().check(spec, steps)

    def learn(self, env: SequentialSessions | VectorSessions, seed: int, folder: Path) -> None:
        from netgym_cli.agents.offline.training import Training

        assert isinstance(env, SequentialSessions)  # it has no n_envs
        run = (env, seed, folder, self.resume_points)
        self._run(Training(self.algorithm, self.config, self.dataset, self.learner, *run))
        if self.dataset.netgym.get("complete") is False:
            self.notes.append(f"dataset '{self.dataset.id}' is not complete; more can be learnt from the complete one")
