"""Training, saving and loading with Stable-Baselines3; imported only when one of these happens."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import stable_baselines3
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.utils import should_collect_more_steps
from stable_baselines3.common.vec_env import VecNormalize

from netgym_cli.agents.base import Evaluations, ResumePoints
from netgym_cli.agents.normalization import MEMBER, Bounds, Normalization
from netgym_cli.agents.sb3.bootstrap import BatchedBootstrap
from netgym_cli.agents.sb3.build import build, forms_of, normalized_env
from netgym_cli.agents.sb3.config import Sb3Config
from netgym_cli.agents.sb3.floored_normalize import FlooredNormalize
from netgym_cli.agents.sb3.forms import Forms
from netgym_cli.agents.sb3.learner_checkpoints import LearnerCheckpoints, board
from netgym_cli.agents.sb3.per_user import AnyNumberOfUsers
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import replacing
from netgym_cli.common.space_text import short_text
from netgym_cli.runs.folder import RunFolder
from netgym_cli.sessions.vector import VectorSessions

Builder = Callable[[str, Any, VecNormalize, int], BaseAlgorithm]


@dataclass
class Trained:
    """A model with the normalisation it was trained with.

    Attributes:
        model: the SB3 algorithm.
        normalization: None for a model that was saved without one.
        forms: the spaces of the environment that it acts in; None: those that the library takes as they are.
    """

    model: BaseAlgorithm
    normalization: Normalization | None
    forms: Forms | None = None

    def act(self, observation: Any) -> Any:
        """The policy's most probable action for the environment, which rounds it where it wants whole numbers."""
        observed = observation if self.forms is None else self.forms.observe(observation)
        scaled = observed if self.normalization is None else self.normalization.apply(observed)
        action, _ = self.model.predict(scaled, deterministic=True)
        if self.forms is not None:
            return self.forms.act(action)
        bounds = self.normalization and self.normalization.action
        return bounds.stretch(action) if bounds else action

    def fit(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> None:
        """Lets the model act in these spaces. Raises `ConfigError` if it was trained for others."""
        bounds = self.normalization and self.normalization.action
        given_bounds = type(bounds).of(action_space) if bounds and isinstance(action_space, spaces.Box) else None
        listed = isinstance(self.model.observation_space, spaces.MultiDiscrete)
        forms = Forms(observation_space, action_space, given_bounds, listed)
        observed, given = self.model.observation_space, forms.observation_space
        trained_for = _box(bounds) if bounds else self.model.action_space
        acted = _box(given_bounds) if given_bounds else forms.action_space
        policy = self.model.policy
        if isinstance(policy, AnyNumberOfUsers):
            alike = policy.fits(observed, given), policy.fits(observed, given, trained_for, acted)
        else:
            same_shape = (
                isinstance(observed, spaces.Box) and isinstance(given, spaces.Box) and observed.shape == given.shape
            )
            alike = observed == given or same_shape, trained_for == acted
        if not alike[0]:
            raise _unfit("observations", observed, observation_space)
        if not alike[1]:
            raise _unfit("actions", trained_for, action_space)
        if isinstance(policy, AnyNumberOfUsers):
            self._resize(policy, forms, given_bounds)
        self.forms = forms

    def _resize(self, policy: AnyNumberOfUsers, forms: Forms, bounds: Bounds | None) -> None:
        """Lets a policy that treats users alike act on those of `forms`."""
        policy.resize(forms.observation_space, forms.action_space)
        self.model.observation_space, self.model.action_space = forms.observation_space, forms.action_space
        if self.normalization is not None:
            self.normalization = replace(self.normalization, action=bounds)

    def save(self, path: Path) -> None:
        """Writes the zip file, which SB3 alone can load too, atomically, and signs it as made by its run."""
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as hidden:
            with hidden.open("wb") as file:
                self.model.save(file)
            if self.normalization is not None:
                with zipfile.ZipFile(hidden, "a") as archive:
                    archive.writestr(MEMBER, self.normalization.to_json())
            RunFolder.of_model(path).sign(path, hidden.read_bytes())


def _box(bounds: Bounds) -> spaces.Box:
    return spaces.Box(np.array(bounds.low, np.float32), np.array(bounds.high, np.float32))


def _unfit(kind: str, trained_for: spaces.Space[Any], given: spaces.Space[Any]) -> ConfigError:
    texts = short_text(trained_for), short_text(given)
    return ConfigError(f"the model was trained for the {kind} {texts[0]}, and the environment has {texts[1]}.")


def load_model(path: Path, algorithm: str, trust: bool = False, threads: int = 1) -> Trained:
    """A saved model, ready to act on the CPU.

    Args:
        path: a `model.zip` or a checkpoint.
        algorithm: name of the class in `stable_baselines3` that made it.
        trust: load it even if it was made elsewhere; its pickles can run any code on this machine.
        threads: threads that torch computes with.

    Raises:
        ConfigError: no such file, or made elsewhere and not trusted.
    """
    if (content := trusted_content(path, trust)) is None:
        raise ConfigError(
            f"'{path}' was not made by a run of yours here, or not by this one, and can run code when loaded; "
            "load it with trust (--trust) only if you know who made it."
        )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(MEMBER).decode() if MEMBER in archive.namelist() else None
    torch.set_num_threads(threads)
    model = getattr(stable_baselines3, algorithm).load(io.BytesIO(content), device="cpu")
    return Trained(model, None if text is None else Normalization.from_json(text))


def trusted_content(path: Path, trust: bool) -> bytes | None:
    """What the file of a model holds, read once, so that the checked bytes are the loaded ones.

    None if it was made elsewhere and `trust` does not allow that. Raises `ConfigError` for a file that is not there.
    """
    if not path.is_file():
        raise ConfigError(f"no model at '{path}'; give the model.zip or a checkpoint of a run.")
    content = path.read_bytes()
    return content if trust or RunFolder.of_model(path).wrote(path, content) else None


class Training:
    """Training for exactly the steps of the plan.

    Args:
        algorithm: name of the class in `stable_baselines3`.
        config: the agent's.
        env: sessions to run.
        seed: seed of all of the learner's randomness.
        folder: the run's folder, for logs and checkpoints.
        build_learner: makes the algorithm, with `build`'s first four arguments; by default a new one.
        evaluations: what measures the policy on the way; None: nothing does.
        resume_points: where checkpoints go, and what the training goes on from; None: nothing.
    """

    def __init__(
        self,
        algorithm: str,
        config: Sb3Config,
        env: VectorSessions,
        seed: int,
        folder: Path,
        build_learner: Builder = build,
        evaluations: Evaluations | None = None,
        resume_points: ResumePoints | None = None,
    ) -> None:
        torch.set_num_threads(config.torch_threads)
        self._steps = env.plan.total_steps
        self._learner = build_learner(algorithm, config, normalized_env(config, env), seed)
        if isinstance(self._learner, OnPolicyAlgorithm) and env.n_envs > 1:
            assert self._learner.env is not None
            self._learner.set_env(BatchedBootstrap(self._learner.env, self._learner))
        run_folder = RunFolder(folder)
        resumed = None if resume_points is None else resume_points.resumed
        self._resumes = bool(resumed)
        self._learner.set_logger(board(run_folder.tensorboard, resumed.step if resumed else None))
        points = None if resume_points is None else LearnerCheckpoints(self._learner, resume_points)
        self._callback = _SessionCallback(env, config, run_folder, evaluations, points)
        self._callback.init_callback(self._learner)  # `result` works before the first step, too

    def run(self) -> None:
        """Runs all sessions."""
        left = self._steps - self._learner.num_timesteps if self._resumes else self._steps
        with suppress(_AllSessionsDone):
            self._learner.learn(left, callback=self._callback, reset_num_timesteps=not self._resumes)
        self._callback.evaluate()

    @property
    def updates(self) -> int:
        """Number of updates of the model."""
        return int(getattr(self._learner, "_n_updates", 0))

    @property
    def notes(self) -> list[str]:
        """Remarks about steps that nothing was learnt from."""
        return self._callback.notes

    def result(self) -> Trained:
        """The model as it is now."""
        return self._callback.trained()


class _AllSessionsDone(Exception):
    """Leaves the library's loop, which would go on to its number of steps, where episodes ended before theirs."""


class _SessionCallback(BaseCallback):
    """Stops with the last session, saves checkpoints on the way and keeps the model that was best in an evaluation."""

    def __init__(
        self,
        env: VectorSessions,
        config: Sb3Config,
        run_folder: RunFolder,
        evaluations: Evaluations | None,
        points: LearnerCheckpoints | None,
    ) -> None:
        super().__init__()
        self.points = points
        self.evaluations = evaluations
        self.sessions, self.every, self.run_folder = env, config.checkpoint_every_steps, run_folder
        self.forms = forms_of(config, env.observation_space, env.action_space)
        self.notes: list[str] = []

    def trained(self) -> Trained:
        """The model with the scales of this moment."""
        env = self.model.get_vec_normalize_env()
        assert isinstance(env, FlooredNormalize)
        return Trained(self.model, Normalization.of(env, self.forms.bounds), self.forms)

    def evaluate(self) -> None:
        """Measures the model as it is now, and keeps it if it is the best so far; does nothing without evaluations."""
        if self.evaluations is None:
            return
        trained = self.trained()
        mean, best = self.evaluations.measure(trained.act, self.num_timesteps)
        self.logger.record("evaluation/return", mean)
        if best:
            trained.save(self.run_folder.best_model)

    def _on_rollout_start(self) -> None:
        if self.sessions.finished:  # the last rollout was complete and has been learnt from
            raise _AllSessionsDone
        if self.points is not None:
            self.points.rollout_starts()

    def _on_step(self) -> bool:
        if self._due(self.every):
            self.trained().save(self.run_folder.new_checkpoint(self.num_timesteps))
        if not self.sessions.finished:
            if self.evaluations is not None and self._due(self.evaluations.every):
                self.evaluate()
            return True
        collected, complete = self._rollout()
        if complete:
            return True  # SB3 learns from it; it would begin another one if it has done fewer steps than planned
        lost = collected * self.sessions.n_envs
        self.notes.append(
            f"the last {lost} of {self.num_timesteps} steps did not fill a rollout and made no update of the model"
        )
        return False

    def _due(self, every: int) -> bool:
        """Whether the steps just done, one in each slot, have reached or passed a multiple of `every`; 0: never."""
        return every > 0 and self.num_timesteps // every > (self.num_timesteps - self.sessions.n_envs) // every

    def _rollout(self) -> tuple[int, bool]:
        """Steps that each slot has done in the rollout under way, and whether it is complete."""
        state = self.locals  # of SB3's collect_rollouts, before it has counted this on-policy step or this episode
        if "n_rollout_steps" in state:
            return state["n_steps"] + 1, state["n_steps"] + 1 >= state["n_rollout_steps"]
        steps, episodes = state["num_collected_steps"], state["num_collected_episodes"] + int(sum(state["dones"]))
        return steps, not should_collect_more_steps(state["train_freq"], steps, episodes)
