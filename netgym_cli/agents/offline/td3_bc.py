"""TD3+BC: Fujimoto and Gu, "A minimalist approach to offline reinforcement learning", NeurIPS 2021.

TD3 (Fujimoto et al., ICML 2018) with a behaviour cloning term in the actor's loss:

    -lambda mean Q(s, pi(s)) + mean (pi(s) - a)^2,    lambda = alpha / mean |Q(s, pi(s))|
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import mse_loss

from netgym_cli.agents.offline.td3 import Td3Learner


class Td3BcLearner(Td3Learner):
    """`alpha` weighs value against imitation."""

    def __init__(self, model: object, alpha: float) -> None:
        super().__init__(model)
        self.alpha = alpha

    def actor_loss(self, observations: Tensor, actions: Tensor) -> Tensor:
        chosen = self.model.actor(observations)
        values = self.model.critic.q1_forward(observations, chosen)
        weight = self.alpha / values.detach().abs().mean()
        return -weight * values.mean() + mse_loss(chosen, actions)
