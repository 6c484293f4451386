"""The base of the Stable-Baselines3 agents. The library is imported by a check and by learning."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from gymnasium import spaces

from netgym_cli.agents.base import Agent
from netgym_cli.agents.entities import BY_ENV, PER_USER, EntityAxes, axes_for, policy_for
from netgym_cli.agents.normalization import require_shares
from netgym_cli.agents.sb3 import forms
from netgym_cli.agents.sb3.config import LearnerConfig, OffPolicyConfig, OnPolicyConfig, Sb3Config
from netgym_cli.common.errors import ConfigError, SessionError
from netgym_cli.common.space_text import short_text
from netgym_cli.config.schema import require
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.saved_model import SavedModel, instead_of_final
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.single import as_vector
from netgym_cli.sessions.vector import VectorSessions

if TYPE_CHECKING:
    from netgym_cli.agents.sb3.training import Trained

S = TypeVar("S", bound=LearnerConfig)


class Sb3Agent(Agent[S]):
    """One SB3 algorithm, trained on the sessions, saved as a zip file with its normalisation.

    Attributes:
        algorithm: name of the class in `stable_baselines3`.
        action_spaces: spaces that the algorithm can act in.
    """

    needs_training = True
    resumes = True
    algorithm: ClassVar[str]
    action_spaces: ClassVar[tuple[type[spaces.Space[Any]], ...]] = (spaces.Box,)

    def __init__(self, config: S) -> None:
        super().__init__(config)
        self.trained: Trained | None = None

    @classmethod
    def incompatibility(cls, spec: AgentSpec) -> str | None:
        action_space = spec.action_space
        if not isinstance(action_space, cls.action_spaces):
            kinds = " or ".join(kind.__name__ for kind in cls.action_spaces)
            return f"needs a {kinds} action space, and not {short_text(action_space)}"
        if 0 in (action_space.shape or ()):
            return f"needs actions that have entries, and not {short_text(action_space)}"
        if isinstance(action_space, spaces.Box) and not action_space.is_bounded():
            return f"needs bounded actions, and not {short_text(action_space)}"
        objection = forms.why_not(spec.observation_space)
        return None if objection is None else f"{objection}, and not {short_text(spec.observation_space)}"

    @classmethod
    def load(cls, config: S, folder: Path, trust: bool = False) -> Self:
        return cls.load_checkpoint(config, saved_model(SavedModel(RunFolder(folder))), trust)

    @classmethod
    def load_checkpoint(cls, config: S, path: Path, trust: bool = False) -> Self:
        from netgym_cli.agents.sb3.training import load_model

        agent = cls(config)
        agent.trained = load_model(path, cls.algorithm, trust, config.torch_threads)
        return agent

    def training_seeds(self) -> frozenset[int]:
        if not isinstance(self.config, Sb3Config) or self.config.init is None:
            return super().training_seeds()
        return SavedModel.at(Path(self.config.init)).run.seeds()

    def check(self, spec: AgentSpec, steps: int) -> None:
        config, observation_space, action_space = self._fitted(spec), spec.observation_space, spec.action_space
        axes = axes_for(spec.adapter, observation_space, action_space) if config.policy == PER_USER else None
        require_shares(getattr(config, "action", "box"), spec.adapter)
        if isinstance(config, Sb3Config) and config.init is not None:
            from netgym_cli.agents.sb3 import warm_start

            warm_start.Start.of(config, self.algorithm).require_fit(observation_space, action_space)
        parts = observation_space.values() if isinstance(observation_space, spaces.Dict) else [observation_space]
        require(
            not config.normalize_observation or any(isinstance(part, spaces.Box) for part in parts),
            "agent.normalize_observation",
            True,
            f"false for the observations {observation_space}",
        )
        several = isinstance(observation_space, spaces.Dict)
        require(
            config.policy in ("auto", PER_USER) or several == (config.policy == "MultiInputPolicy"),
            "agent.policy",
            config.policy,
            f"auto, or what suits the observations {observation_space}",
        )
        if isinstance(config, OnPolicyConfig):
            each = steps // config.n_envs
            self._require_below(config.n_steps <= each, "n_steps", config.n_steps, each, config.n_envs)
        if isinstance(config, OffPolicyConfig):
            self._require_below(config.learning_starts < steps, "learning_starts", config.learning_starts, steps)
        from netgym_cli.agents.sb3.dry_build import require_buildable

        require_buildable(self.algorithm, config, observation_space, action_space, axes)

    def learn(self, env: SequentialSessions | VectorSessions, seed: int, folder: Path) -> None:
        from netgym_cli.agents.sb3.build import build
        from netgym_cli.agents.sb3.training import Training

        config = self._fitted(AgentSpec(env.network.adapter, env.observation_space, env.action_space))
        assert isinstance(config, Sb3Config)
        build_learner: Any = partial(build, axes=EntityAxes.of(env.network.adapter))
        if config.init is not None:
            from netgym_cli.agents.sb3 import warm_start

            start = warm_start.Start.of(config, self.algorithm)
            build_learner = start.build
            self.notes += start.notes
        run = (self.evaluations, self.resume_points)
        self._run(Training(self.algorithm, config, as_vector(env), seed, folder, build_learner, *run))

    def _fitted(self, spec: AgentSpec) -> S:
        """The config with the policy that `by_env` stands for: that of `init`'s model, or what suits the env."""
        config = self.config
        if config.policy == BY_ENV and isinstance(config, Sb3Config) and config.init is not None:
            from netgym_cli.agents.sb3 import warm_start

            return replace(config, policy=warm_start.Start.of(config, self.algorithm).policy)
        own = getattr(config, "use_sde", False) or config.policy_kwargs.features_extractor_class  # type: ignore[attr-defined]
        return replace(config, policy=policy_for("auto" if own and config.policy == BY_ENV else config.policy, spec))

    def _run(self, training: Any) -> None:
        """Trains and keeps the result, after an interruption only if anything was learnt."""
        try:
            training.run()
        except KeyboardInterrupt:
            if training.updates:
                self.trained = training.result()
            raise
        self.trained = training.result()
        self.notes += training.notes

    def begin(self, env: SequentialSessions, seed: int) -> None:
        if self.trained is not None:
            self.trained.fit(env.observation_space, env.action_space)

    @property
    def has_learnt(self) -> bool:
        return self.trained is not None

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        return self._model().act(observation)

    def save(self, folder: Path) -> None:
        self._model().save(RunFolder(folder).model_path)

    def _model(self) -> Trained:
        if self.trained is None:
            raise SessionError("the agent has learnt nothing yet; call learn() or load a model first.")
        return self.trained

    @staticmethod
    def _require_below(condition: bool, key: str, value: int, steps: int, n_envs: int = 1) -> None:
        if not condition:
            where = "" if n_envs == 1 else f" in each of the {n_envs} simulators (agent.n_envs)"
            raise ConfigError(
                f"agent.{key} is {value}, but all sessions together have {steps} steps{where}, so nothing would be "
                f"learnt; lower agent.{key}, or give the run more by sessions= or steps=."
            )


def saved_model(saved: SavedModel) -> Path:
    """The file of a run's model, or of its checkpoint. Raises `ConfigError` if the run has saved none at its end."""
    path = saved.checkpoint or saved.run.model_path
    if not path.is_file():
        raise ConfigError(
            f"there is no model at '{path}': the run has not got so far; give another run{instead_of_final(saved.run)}."
        )
    return path
