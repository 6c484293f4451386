"""IQL: Kostrikov, Nair and Levine, "Offline reinforcement learning with implicit Q-learning", ICLR 2022
(arXiv 2110.06169).

    V: expectile regression of min Q_target(s, a) at tau          (eq. 5)
    Q: regression of r + gamma V(s')                              (eq. 6)
    pi: regression of the data's actions, weighted by exp(beta (Q_target(s, a) - V(s)))   (eq. 7)

No action outside the dataset is ever evaluated. Actor and critics are SAC's; the value network is not saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from stable_baselines3 import SAC
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import Optimizer

from netgym_cli.agents.offline.learner import Learner, Losses, TargetNetwork, gradient_step
from netgym_cli.agents.sb3.learner_state import arrays, tensors

LARGEST_WEIGHT = 100.0  # of one action in the regression, as in the paper's code
LARGEST_ACTION = 0.999  # atanh of 1 is infinite: actions at the bounds are taken for this
LEAST_LOG_STD = -5.0  # a noiseless behaviour would drive it to -infinity


class ValueNetwork(nn.Module):
    """V(s), with the layers of SAC's critics and an extractor of its own."""

    def __init__(self, model: SAC) -> None:
        super().__init__()
        policy = model.policy
        arch = policy.net_arch if isinstance(policy.net_arch, list) else policy.net_arch["qf"]  # type: ignore[has-type]
        self.extractor = policy.make_features_extractor()
        self.layers = nn.Sequential(*create_mlp(self.extractor.features_dim, 1, arch, policy.activation_fn))
        self.to(model.device)
        self._preprocess = policy.extract_features

    def forward(self, observations: Any) -> Tensor:
        values: Tensor = self.layers(self._preprocess(observations, self.extractor))
        return values


class IqlLearner(Learner):
    """`expectile` is the paper's tau, `temperature` its beta."""

    model: SAC

    def __init__(self, model: Any, expectile: float, temperature: float) -> None:
        super().__init__(model)
        self.expectile, self.temperature = expectile, temperature
        self.value = ValueNetwork(model)
        kind = model.policy.optimizer_class
        rate = model.lr_schedule(1)
        self.value_optimizer = kind(self.value.parameters(), lr=rate, **model.policy.optimizer_kwargs)
        self.target_network = TargetNetwork(model.critic, model.critic_target, model.tau)

    def state(self) -> dict[str, Any]:
        return {"value": arrays(self.value.state_dict()), "optimizer": arrays(self.value_optimizer.state_dict())}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.value.load_state_dict(tensors(state["value"]))
        self.value_optimizer.load_state_dict(tensors(state["optimizer"]))

    @property
    def optimizers(self) -> Sequence[Optimizer]:
        return [self.model.actor.optimizer, self.model.critic.optimizer, self.value_optimizer]

    def update(self, batch: ReplayBufferSamples) -> Losses:
        model = self.model
        with torch.no_grad():
            lower = torch.cat(model.critic_target(batch.observations, batch.actions), dim=1).min(1, keepdim=True).values
            next_value = self.value(batch.next_observations)
            target = batch.rewards + (1 - batch.dones) * model.gamma * next_value
        advantage = lower - self.value(batch.observations)
        weight = torch.where(advantage.detach() > 0, self.expectile, 1 - self.expectile)
        value_loss = (weight * advantage**2).mean()
        gradient_step(self.value_optimizer, value_loss)

        values = model.critic(batch.observations, batch.actions)
        critic_loss = torch.stack([mse_loss(value, target) for value in values]).sum()
        gradient_step(model.critic.optimizer, critic_loss)

        weight = (self.temperature * advantage.detach()).exp().clamp(max=LARGEST_WEIGHT)
        actor_loss = -(weight * self.log_prob(batch.observations, batch.actions)).mean()
        gradient_step(model.actor.optimizer, actor_loss)
        self.target_network.step()
        losses = {"value_loss": value_loss, "critic_loss": critic_loss, "actor_loss": actor_loss}
        return {name: loss.detach() for name, loss in losses.items()}

    def log_prob(self, observations: Any, actions: Tensor) -> Tensor:
        """Log-likelihood under SAC's squashed Gaussian but for a constant of the actions, shape (batch, 1)."""
        mean, log_std, _ = self.model.actor.get_action_dist_params(observations)
        before_tanh = actions.clamp(-LARGEST_ACTION, LARGEST_ACTION).atanh()
        log_std = log_std.clamp(min=LEAST_LOG_STD)
        return (-0.5 * ((before_tanh - mean) / log_std.exp()) ** 2 - log_std).sum(dim=1, keepdim=True)
