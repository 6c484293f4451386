"""SAC's policy of Stable-Baselines3, alike for all users, however many there are."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import SquashedDiagGaussianDistribution
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.preprocessing import get_action_dim
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.sac.policies import LOG_STD_MAX, LOG_STD_MIN, Actor, SACPolicy
from torch import nn

from netgym_cli.agents.pooled import PooledLayers, arranged, by_user
from netgym_cli.agents.sb3.per_user import AnyNumberOfUsers


class PerUserActor(Actor):
    """Mean and deviation of each user's actions.

    Args:
        entries: of a user's part of the action.
        last: as in `EntityAxes`; all other arguments are those of the base.
    """

    def __init__(self, *args: Any, entries: int, last: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries, self.last = entries, last
        self.latent_pi: Any = PooledLayers(self.features_dim, self.net_arch, self.activation_fn)
        self.mu: Any = nn.Linear(self.latent_pi.outputs, entries)
        self.log_std: Any = nn.Linear(self.latent_pi.outputs, entries)

    def get_action_dist_params(self, obs: Any) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        """Means and logarithms of the deviations, `(batch, users * entries)` each."""
        latent = self.latent_pi(self.extract_features(obs, self.features_extractor))
        mean, log_std = (self._of_all(head(latent)) for head in (self.mu, self.log_std))
        return mean, torch.clamp(log_std, LOG_STD_MIN, LOG_STD_MAX), {}

    def _of_all(self, outputs: torch.Tensor) -> torch.Tensor:
        return arranged(outputs, [1] * self.entries, self.last)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return super()._get_constructor_parameters() | {"entries": self.entries, "last": self.last}


class ValueOfAll(nn.Module):
    """A value of all users with their actions: that of the mean over users."""

    def __init__(self, inputs: int, hidden: list[int], activation: type[nn.Module]) -> None:
        super().__init__()
        self.layers = PooledLayers(inputs, hidden, activation)
        self.output = nn.Linear(self.layers.outputs, 1)

    def forward(self, users: torch.Tensor) -> torch.Tensor:
        """From `(batch, users, inputs)` to `(batch, 1)`."""
        value: torch.Tensor = self.output(self.layers(users).mean(-2))
        return value


class PerUserCritic(ContinuousCritic):
    """Values of actions, each user's beside the user's own features.

    Args:
        entries: of a user's part of the action.
        last: as in `EntityAxes`; all other arguments are those of the base.
    """

    def __init__(self, *args: Any, entries: int, last: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries, self.last = entries, last
        inputs = kwargs["features_dim"] + entries
        self.q_networks = [ValueOfAll(inputs, kwargs["net_arch"], kwargs["activation_fn"]) for _ in self.q_networks]
        for number, network in enumerate(self.q_networks):
            setattr(self, f"qf{number}", network)

    def forward(self, obs: torch.Tensor, actions: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """One value per network, `(batch, 1)` each."""
        with torch.set_grad_enabled(not self.share_features_extractor):
            features = self.extract_features(obs, self.features_extractor)
        users = torch.cat([features, by_user(actions, self.entries, self.last)], -1)
        return tuple(network(users) for network in self.q_networks)


class PerUserSacPolicy(AnyNumberOfUsers, SACPolicy):
    """Actor and critics of SAC, alike for all users."""

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> Actor:
        kwargs = self._update_features_extractor(self.actor_kwargs, features_extractor)
        return PerUserActor(**kwargs, **self._of_a_user()).to(self.device)

    def make_critic(self, features_extractor: BaseFeaturesExtractor | None = None) -> ContinuousCritic:
        kwargs = self._update_features_extractor(self.critic_kwargs, features_extractor)
        return PerUserCritic(**kwargs, **self._of_a_user()).to(self.device)

    def resize(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> None:
        super().resize(observation_space, action_space)
        for part in (self.actor, self.critic, self.critic_target):
            part.observation_space, part.action_space = observation_space, action_space  # type: ignore[assignment]
        self.actor.action_dist = SquashedDiagGaussianDistribution(get_action_dim(action_space))  # type: ignore[assignment]

    def _of_a_user(self) -> dict[str, Any]:
        assert self.observation_space.shape is not None
        one = self.axes.of_one(self.action_space, self.observation_space.shape[1])
        return {"entries": get_action_dim(one), "last": self.axes.last}
