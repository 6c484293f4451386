"""CQL(H): Kumar et al., "Conservative Q-learning for offline reinforcement learning", NeurIPS 2020 (arXiv 2006.04779).

SAC, whose critics also minimise

    alpha mean (log sum over a of exp Q(s, a)  -  Q(s, a of the data))            (eq. 4)

The sum over actions is estimated by importance sampling from uniform actions and from the policy's in s and in s', as
in appendix F. Targets have no entropy term.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from stable_baselines3 import SAC
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor
from torch.nn.functional import mse_loss
from torch.optim import Optimizer

from netgym_cli.agents.offline.learner import Learner, Losses, TargetNetwork, gradient_step, partial_gradient_step

EPSILON = 1e-6  # keeps the logarithm of tanh's slope finite, as in SB3


class CqlLearner(Learner):
    """`alpha` weighs conservatism; `num_actions` are drawn of each of the three kinds per state."""

    model: SAC

    def __init__(self, model: Any, alpha: float, num_actions: int, actor_learning_rate: float) -> None:
        super().__init__(model)
        self.alpha, self.num_actions = alpha, num_actions
        self.target_network = TargetNetwork(model.critic, model.critic_target, model.tau)
        self.actor_parameters = list(model.actor.parameters())
        for group in model.actor.optimizer.param_groups:
            group["lr"] = actor_learning_rate

    @property
    def optimizers(self) -> Sequence[Optimizer]:
        entropy = self.model.ent_coef_optimizer
        return [self.model.critic.optimizer, *([entropy] if entropy is not None else [])]

    def update(self, batch: ReplayBufferSamples) -> Losses:
        model = self.model
        chosen, log_prob = model.actor.action_log_prob(batch.observations)
        log_prob = log_prob.reshape(-1, 1)
        weight = self._entropy_weight(log_prob.detach())
        lower = torch.cat(model.critic(batch.observations, chosen), dim=1).min(1, keepdim=True).values
        actor_loss = (weight * log_prob - lower).mean()
        partial_gradient_step(model.actor.optimizer, actor_loss, self.actor_parameters)

        with torch.no_grad():
            next_actions, _ = model.actor.action_log_prob(batch.next_observations)
            next_values = torch.cat(model.critic_target(batch.next_observations, next_actions), dim=1)
            target = batch.rewards + (1 - batch.dones) * model.gamma * next_values.min(1, keepdim=True).values
        values = model.critic(batch.observations, batch.actions)
        error = torch.stack([mse_loss(value, target) for value in values]).sum()
        gap = self._gap(batch, values)
        gradient_step(model.critic.optimizer, error + self.alpha * gap)
        self.target_network.step()
        losses = {"critic_loss": error, "conservative_gap": gap, "actor_loss": actor_loss}
        return {name: loss.detach() for name, loss in losses.items()}

    def _entropy_weight(self, log_prob: Tensor) -> Tensor:
        """SAC's temperature, after one step towards the target entropy if it is learnt."""
        model = self.model
        if model.ent_coef_optimizer is None or model.log_ent_coef is None:
            return model.ent_coef_tensor
        assert isinstance(model.target_entropy, float)
        loss = -(model.log_ent_coef * (log_prob + model.target_entropy)).mean()
        gradient_step(model.ent_coef_optimizer, loss)
        return model.log_ent_coef.detach().exp()

    def _gap(self, batch: ReplayBufferSamples, values: Sequence[Tensor]) -> Tensor:
        """log sum exp Q over actions, less Q of the data's actions; mean over the batch, sum over the critics."""
        critic, count = self.model.critic, self.num_actions
        with torch.no_grad():
            size, width = batch.actions.shape
            uniform = torch.rand(size, count, width, device=batch.actions.device) * 2 - 1
            drawn = [
                (uniform, torch.full((size, count), -width * math.log(2))),
                self._drawn(batch.observations),
                self._drawn(batch.next_observations),
            ]
            actions = torch.cat([actions for actions, _ in drawn], dim=1)
            densities = torch.cat([density.to(actions.device) for _, density in drawn], dim=1)
        features = critic.extract_features(batch.observations, critic.features_extractor)
        inputs = torch.cat([features[:, None].expand(-1, actions.shape[1], -1), actions], dim=2)
        gaps = [
            (network(inputs).squeeze(2) - densities).logsumexp(dim=1, keepdim=True) - value
            for network, value in zip(critic.q_networks, values, strict=True)
        ]
        return torch.stack([gap.mean() for gap in gaps]).sum()

    def _drawn(self, observations: Any) -> tuple[Tensor, Tensor]:
        """Actions of the policy, shape (batch, num_actions, actions), and the logarithms of their densities."""
        mean, log_std, _ = self.model.actor.get_action_dist_params(observations)
        noise = torch.randn(len(mean), self.num_actions, mean.shape[1], device=mean.device)
        actions = (mean[:, None] + log_std.exp()[:, None] * noise).tanh()
        gaussian = -0.5 * noise**2 - log_std[:, None] - 0.5 * math.log(2 * math.pi)
        return actions, (gaussian - (1 - actions**2 + EPSILON).log()).sum(dim=2)
