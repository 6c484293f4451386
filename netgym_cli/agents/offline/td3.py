"""TD3's updates on a given batch: Fujimoto et al., "Addressing function approximation error in actor-critic methods",
ICML 2018. Offline variants change the actor's loss alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from stable_baselines3 import TD3
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor
from torch.nn.functional import mse_loss
from torch.optim import Optimizer

from netgym_cli.agents.offline.learner import Learner, Losses, TargetNetwork, gradient_step, partial_gradient_step
from netgym_cli.agents.sb3.learner_state import arrays, tensors


class Td3Learner(Learner):
    """Twin critics with smoothed targets; every `policy_delay` updates the actor and all targets move."""

    model: TD3

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self.updates = 0
        self.target_networks = [
            TargetNetwork(model.actor, model.actor_target, model.tau),
            TargetNetwork(model.critic, model.critic_target, model.tau),
        ]
        self.actor_parameters = list(model.actor.parameters())
        self.last_actor_loss = torch.zeros(())

    def state(self) -> dict[str, Any]:
        return {"updates": self.updates, "actor_loss": arrays(self.last_actor_loss)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.updates, self.last_actor_loss = state["updates"], tensors(state["actor_loss"])

    @property
    def optimizers(self) -> Sequence[Optimizer]:
        return [self.model.actor.optimizer, self.model.critic.optimizer]

    def update(self, batch: ReplayBufferSamples) -> Losses:
        self.updates += 1
        targets = self.targets(batch)
        values = self.model.critic(batch.observations, batch.actions)
        critic_loss = torch.stack([mse_loss(value, targets) for value in values]).sum()
        gradient_step(self.model.critic.optimizer, critic_loss)
        self.critic_updated(batch)
        if self.updates % self.model.policy_delay == 0:
            loss = self.actor_loss(batch.observations, batch.actions)
            partial_gradient_step(self.model.actor.optimizer, loss, self.actor_parameters)
            self.last_actor_loss = loss.detach()
            for target_network in self.target_networks:
                target_network.step()
        return {"critic_loss": critic_loss.detach(), "actor_loss": self.last_actor_loss}

    @torch.no_grad()
    def targets(self, batch: ReplayBufferSamples) -> Tensor:
        """Reward and discounted lower value of the target actor's action, smoothed by clipped noise."""
        model = self.model
        noise = torch.randn_like(batch.actions) * model.target_policy_noise
        noise = noise.clamp(-model.target_noise_clip, model.target_noise_clip)
        actions = (model.actor_target(batch.next_observations) + noise).clamp(-1, 1)
        values = torch.cat(model.critic_target(batch.next_observations, actions), dim=1)
        lower: Tensor = values.min(dim=1, keepdim=True).values
        return batch.rewards + (1 - batch.dones) * model.gamma * lower

    def critic_updated(self, batch: ReplayBufferSamples) -> None:
        """Called after every step of the critics."""

    @abstractmethod
    def actor_loss(self, observations: Tensor, actions: Tensor) -> Tensor:
        """The actor's loss; `actions` are the dataset's."""
