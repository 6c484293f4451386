"""Training that begins with the model of another run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stable_baselines3
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.entities import PER_USER
from netgym_cli.agents.normalization import Softmax
from netgym_cli.agents.sb3.agent import saved_model
from netgym_cli.agents.sb3.build import bounds_of, build, policy_kwargs
from netgym_cli.agents.sb3.config import Sb3Config
from netgym_cli.agents.sb3.per_user import AnyNumberOfUsers
from netgym_cli.agents.sb3.training import Trained, load_model, trusted_content
from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.saved_model import SavedModel

OPTIMIZER = ("optimizer_class", "optimizer_kwargs")  # of learning, not of the network


@dataclass(frozen=True)
class Start:
    """A model to begin with.

    Attributes:
        path: the run that trained it, by its folder or a checkpoint in it.
        agent: name of that run's agent.
        trained: the model with its normalisation.
        config: the agent that is going to continue it.
    """

    path: Path
    agent: str
    trained: Trained
    config: Sb3Config

    @classmethod
    def of(cls, config: Sb3Config, algorithm: str) -> Start:
        """The model of the run `config.init`, for an agent with this SB3 algorithm.

        Raises `ConfigError` if there is none, if it was made elsewhere, or if another algorithm made it.
        """
        assert config.init is not None
        path = Path(config.init)
        saved = _saved_at(path)
        agent = _agent_of(saved.run)
        made_by = getattr(agent_registry.load(agent), "algorithm", None)
        if made_by != algorithm:
            raise ConfigError(
                f"init: '{path}' holds {_article(made_by)} (agent {agent}), which agent={config.name} cannot "
                f"continue; {_advice(made_by)}."
            )
        try:
            model = saved_model(saved)
        except ConfigError as error:
            raise ConfigError(f"init: {error}") from error
        if trusted_content(model, trust=False) is None:
            raise ConfigError(
                f"init: '{model}' was not made by a run of yours here, and a model can run code when loaded; training "
                "continues only models that were made here. Train it here first."
            )
        return cls(path, agent, load_model(model, algorithm, threads=config.torch_threads), config)

    def require_fit(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> None:
        """Raises `ConfigError` if the model has other observations, scales or actions."""
        normalization, config = self.trained.normalization, self.config
        try:
            self.trained.fit(observation_space, action_space)
        except ConfigError as error:
            raise ConfigError(f"init: '{self.path}': {error}") from error
        for key, configured, trained in (
            ("rescale_action", bounds_of(config, action_space), normalization and normalization.action),
            ("normalize_observation", config.normalize_observation, normalization and normalization.observation),
            ("use_sde", getattr(config, "use_sde", False), self.trained.model.use_sde),
        ):
            if bool(configured) != bool(trained):
                raise ConfigError(
                    f"agent.{key} is {bool(configured)}, and the model of init ('{self.path}') was trained with "
                    f"{bool(trained)}; write agent.{key}={str(bool(trained)).lower()}."
                )

        softmax = isinstance(normalization and normalization.action, Softmax)
        for key, configured, trained in (
            ("policy", config.policy == PER_USER, self.policy == PER_USER),
            ("action", config.action == "softmax", softmax),
        ):
            if configured != trained:
                needed = self.policy if key == "policy" else "softmax" if softmax else "box"
                raise ConfigError(
                    f"agent.{key} is {getattr(config, key)!r}, and the model of init ('{self.path}') was trained with "
                    f"{needed!r}; write agent.{key}={needed}."
                )

    @property
    def policy(self) -> str:
        """The kind of the model's policy, as `agent.policy` names it."""
        return PER_USER if isinstance(self.trained.model.policy, AnyNumberOfUsers) else "auto"

    @property
    def notes(self) -> list[str]:
        """Settings of the config without effect, because the network is the model's."""
        asked = self.config.policy_kwargs.net_arch  # type: ignore[attr-defined]
        actual = getattr(self.trained.model.policy, "net_arch", asked)
        if asked is None or asked == actual:
            return []
        return [f"the layers are those of '{self.path}', {actual}, and not agent.policy_kwargs.net_arch={asked}"]

    def build(self, algorithm: str, config: Sb3Config, env: VecNormalize, seed: int) -> BaseAlgorithm:
        """As `build.build`, with the parameters, the layers and the normalisation of the model to begin with.

        The settings of learning are the config's. Optimizers keep their state if the same agent trained the model with
        the same kind of optimizer; another agent's state belongs to another loss.
        """
        old = self.trained.model
        if self.trained.normalization is not None:
            self.trained.normalization.restore(env)
        kind = getattr(stable_baselines3, algorithm)
        if issubclass(kind, OffPolicyAlgorithm):
            kind = type(kind.__name__, (_WithoutWarmUp, kind), {})
        network = {k: v for k, v in old.policy_kwargs.items() if k not in (*OPTIMIZER, "use_sde")}
        learning = policy_kwargs(config.policy_kwargs)  # type: ignore[attr-defined]
        network |= {key: value for key, value in learning.items() if key in OPTIMIZER}
        model = build(kind, config, env, seed, policy=type(old.policy), policy_kwargs=network)
        before: dict[str, Any] = old.get_parameters()
        after: dict[str, Any] = model.get_parameters()
        same = self.agent == config.name and all(network.get(key) == old.policy_kwargs.get(key) for key in OPTIMIZER)
        continued = {name for name in before.keys() & after.keys() if same or not name.endswith("optimizer")}
        model.set_parameters({name: (before if name in continued else after)[name] for name in after})
        if same and getattr(model, "log_ent_coef", None) is not None and getattr(old, "log_ent_coef", None) is not None:
            model.log_ent_coef.data.copy_(old.log_ent_coef.data)  # type: ignore[attr-defined]
        return model


class _WithoutWarmUp(OffPolicyAlgorithm):
    """Lets the policy act from the first step; before `learning_starts` the library would draw actions uniformly."""

    def collect_rollouts(self, *args: Any, **kwargs: Any) -> Any:
        return super().collect_rollouts(*args, **(kwargs | {"learning_starts": 0}))


def _saved_at(path: Path) -> SavedModel:
    try:
        return SavedModel.at(path)
    except ConfigError as error:
        raise ConfigError(f"init: {error}") from error


def _agent_of(run: RunFolder) -> str:
    try:
        record = run.record()
        name = record["base"]["agent"] if "base" in record else record["agent"]
    except (OSError, KeyError, ConfigError) as error:
        raise ConfigError(
            f"init: '{run.path}' is not the folder of a run (no record can be read); give one."
        ) from error
    if name not in agent_registry.names():  # a module:Class would be imported
        raise ConfigError(f"init: '{run.path}' is a run of agent {name!r}; allowed: one of netgym's own learners.")
    return str(name)


def _article(algorithm: str | None) -> str:
    return "no model of Stable-Baselines3" if algorithm is None else f"a {algorithm} model"


def _advice(algorithm: str | None) -> str:
    for name in agent_registry.names():
        kind = agent_registry.load(name)
        if algorithm is not None and getattr(kind, "algorithm", None) == algorithm and not kind.needs_dataset:
            return f"continue it with agent={name}"
    return "give a run of agent=ppo, a2c, sac, td3 or of an offline agent"
