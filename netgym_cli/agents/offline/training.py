"""Gradient updates from a dataset, with evaluations, checkpoints and a log on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import stable_baselines3
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from netgym_cli.agents.base import ResumePoints
from netgym_cli.agents.normalization import Bounds
from netgym_cli.agents.offline.config import OfflineConfig
from netgym_cli.agents.offline.learner import Learner, Losses
from netgym_cli.agents.offline.out_of_distribution import out_of_distribution_note
from netgym_cli.agents.offline.transitions import read
from netgym_cli.agents.random_state import generators, restore_generators
from netgym_cli.agents.sb3.build import build, forms_of, policy_kwargs, vector_env
from netgym_cli.agents.sb3.config import schedule
from netgym_cli.agents.sb3.learner_checkpoints import board
from netgym_cli.agents.sb3.learner_state import arrays, parameters_of, restore_parameters, tensors
from netgym_cli.agents.sb3.training import Trained
from netgym_cli.agents.sb3.vector_env import SpacesOnly
from netgym_cli.datasets import Dataset
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.tables import CsvTable
from netgym_cli.sessions.sequential import SequentialSessions

COMPARED_STEPS = 1024  # steps of the dataset on which the final policy is compared with it
LATER_BUFFER_STEPS = 100_000  # for training the saved model on with plain SB3; takes no memory until it is filled


class Training:
    """Training of an offline agent for exactly the updates of its config.

    Args:
        algorithm: name of the class in `stable_baselines3` whose networks learn.
        config: the agent's.
        dataset: the data to learn from; it fits the environment.
        learner: makes the algorithm that updates the networks of such a model.
        env: the sessions of its plan, one per evaluation; its observers hear of every update.
        seed: seed of everything drawn: initial parameters, batches, noise.
        folder: the run's folder, for the log, checkpoints and the table of evaluations.
        points: where the run goes on from, and what it stores on the way; None: nothing.

    Attributes:
        updates: gradient updates done.
    """

    def __init__(
        self,
        algorithm: str,
        config: OfflineConfig,
        dataset: Dataset,
        learner: Callable[[BaseAlgorithm], Learner],
        env: SequentialSessions,
        seed: int,
        folder: Path,
        points: ResumePoints | None = None,
    ) -> None:
        self.config, self.env, self.run_folder, self.updates = config, env, RunFolder(folder), 0
        self._dataset = dataset
        torch.set_num_threads(self.config.torch_threads)
        slot = vector_env(self.config, SpacesOnly(env.observation_space, env.action_space))
        off_policy = issubclass(getattr(stable_baselines3, algorithm), OffPolicyAlgorithm)
        layers = {"net_arch": deepcopy(self.config.layers)}
        more: dict[str, Any] = {"policy_kwargs": layers | policy_kwargs(self.config.policy_kwargs)}  # type: ignore[attr-defined]
        if off_policy:
            more["buffer_size"] = LATER_BUFFER_STEPS
        self.model = build(algorithm, self.config, slot, seed, **more)
        self._forms = scaled = forms_of(self.config, env.observation_space, env.action_space)
        if off_policy and isinstance(env.action_space, spaces.Box):  # these always learn in -1 to 1
            scaled = replace(self._forms, bounds=Bounds.of(env.action_space))
        self._data, normalization = read(dataset, self.config, scaled, self.model.device)
        self._normalization = replace(normalization, action=self._forms.bounds)
        self._learner = learner(self.model)
        self._learner.begin(self._data.actions)
        self._random = torch.Generator().manual_seed(seed)
        self._learning_s = 0.0
        self._best: float | None = None
        self._points, resumed = points, points and points.resumed
        if resumed:
            self._restore(resumed.learner)
        self._logger = board(self.run_folder.tensorboard, resumed.step if resumed else None)
        self._table = CsvTable(self.run_folder.evaluations_path, continued=bool(resumed))

    def run(self) -> None:
        """Does all updates and evaluations."""
        total, evaluations = self.config.steps or 0, set(self.config.evaluated_after())
        rate = schedule(self.config.learning_rate)
        try:
            while self.updates < total:
                self.model.policy.set_training_mode(True)
                pause = min((k for k in evaluations if k > self.updates), default=total)
                began = time.monotonic()
                losses = self._learn(pause, total, rate if callable(rate) else None)
                self._learning_s += time.monotonic() - began
                if pause in evaluations:
                    self._evaluate(losses)
        finally:
            self._table.close()
            self._logger.close()

    def _learn(self, until: int, total: int, rate: Any) -> Losses:
        config = self.config
        losses: Losses = {}
        while self.updates < until:
            if self._points is not None and self.updates and self._points.due:
                self._points.save(self.updates, self._state())
            if rate is not None:
                self._set_learning_rate(rate(1 - self.updates / total))
            losses = self._learner.update(self._data.sample(config.batch_size, self._random))
            self.updates += 1
            self.env.updated(self.updates, total)
            if self.updates % config.log_every_steps == 0:
                self._log({f"train/{name}": loss.item() for name, loss in losses.items()})
            if config.checkpoint_every_steps and self.updates % config.checkpoint_every_steps == 0:
                self.result().save(self.run_folder.new_checkpoint(self.updates))
        return losses

    def _state(self) -> dict[str, Any]:
        """All that changes while it learns."""
        return {
            "parameters": parameters_of(self.model),
            "learner": self._learner.state(),
            "batches": arrays(self._random.get_state()),
            "random": generators(),
            "counts": {"updates": self.updates, "_learning_s": self._learning_s, "_best": self._best},
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        restore_parameters(self.model, state["parameters"])
        self._learner.restore(state["learner"])
        self._random.set_state(tensors(state["batches"]))
        restore_generators(state["random"])
        for name, value in state["counts"].items():
            setattr(self, name, value)

    def _set_learning_rate(self, rate: float) -> None:
        for optimizer in self._learner.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate

    def _evaluate(self, losses: Losses) -> None:
        """One session of the plan; nothing is learnt from it, but the model that was best in them is kept."""
        policy, env, returns, over = self.result(), self.env, [], False
        while not over:
            observation, _ = env.reset()
            total, ended = 0.0, False
            while not ended:
                observation, reward, terminated, truncated, info = env.step(policy.act(observation))
                total += reward
                ended = terminated or truncated
            returns.append(total)
            over = "session_end" in info
        mean = sum(returns) / len(returns)
        row = {"update": self.updates, "session": env.session, "return": mean}
        self._table.write(row | {name: loss.item() for name, loss in losses.items()})
        self._log({"evaluation/return": mean})
        if self._best is None or mean > self._best:
            self._best = mean
            policy.save(self.run_folder.best_model)

    def _log(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._logger.record(name, value)
        self._logger.dump(self.updates)

    def result(self) -> Trained:
        """The model as it is now."""
        self.model._n_updates = self.updates  # type: ignore[attr-defined]
        return Trained(self.model, self._normalization, self._forms)

    @property
    def notes(self) -> list[str]:
        """Number of updates, dataset and speed."""
        dataset = self._dataset
        per_s = self.updates / self._learning_s if self._learning_s else 0.0
        summary = f"{self.updates} updates at {per_s:.0f}/s from {dataset.total_steps} steps of dataset '{dataset.id}'"
        remark = None
        if isinstance(self.model, OffPolicyAlgorithm):
            samples = self._data.sample(COMPARED_STEPS, torch.Generator().manual_seed(0))
            remark = out_of_distribution_note(self.model, samples)
        return [summary, *([remark] if remark else [])]
