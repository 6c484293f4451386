"""Behaviour cloning by maximum likelihood (Pomerleau, "ALVINN", NeurIPS 1988; for stochastic policies as in
Bain and Sammut, "A framework for behavioural cloning", 1995).

The policy is PPO's: a Gaussian of state-dependent mean and state-independent deviation over a Box, independent
categorical or Bernoulli distributions over discrete actions. Acting by its mode removes the behaviour's noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor
from torch.optim import Optimizer

from netgym_cli.agents.offline.learner import Learner, Losses, gradient_step


class BcLearner(Learner):
    """Ascends the likelihood of the dataset's actions.

    Args:
        model: PPO.
        log_std_min: least logarithm of the Gaussian's deviation; a noiseless behaviour would drive it to -infinity,
            and PPO could not explore from there.
    """

    def __init__(self, model: BaseAlgorithm, log_std_min: float) -> None:
        super().__init__(model)
        assert isinstance(model.policy, ActorCriticPolicy)
        self.policy = model.policy
        self.log_std_min = log_std_min
        self.discrete = isinstance(model.action_space, spaces.Discrete)

    def begin(self, actions: Tensor) -> None:
        """Sets the Gaussian to the mean and deviation of all actions, whatever the observation.

        Adam moves a bias by about the learning rate per update. Until it has arrived, weights make up for it: right
        where the dataset has been, and far off elsewhere.
        """
        if isinstance(self.model.action_space, spaces.Box):
            with torch.no_grad():
                cast(torch.nn.Linear, self.policy.action_net).bias.copy_(actions.mean(dim=0))
                self.policy.log_std.copy_(actions.std(dim=0, correction=0).log().clamp(min=self.log_std_min))

    @property
    def optimizers(self) -> Sequence[Optimizer]:
        return [self.policy.optimizer]

    def update(self, batch: ReplayBufferSamples) -> Losses:
        actions = batch.actions.long().flatten() if self.discrete else batch.actions
        loss = -self.policy.get_distribution(batch.observations).log_prob(actions).mean()
        gradient_step(self.policy.optimizer, loss)
        if isinstance(self.model.action_space, spaces.Box):
            with torch.no_grad():
                self.policy.log_std.clamp_(min=self.log_std_min)
        return {"negative_log_likelihood": loss.detach()}
