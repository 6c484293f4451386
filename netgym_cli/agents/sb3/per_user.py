"""Policies of Stable-Baselines3 that treat all users alike, however many there are, and its actor-critic one."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import DiagGaussianDistribution, Distribution, make_proba_distribution
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from netgym_cli.agents.entities import EntityAxes
from netgym_cli.agents.pooled import PooledLayers, arranged


class UserRows(BaseFeaturesExtractor):
    """From one column per user to one row per user."""

    def __init__(self, observation_space: spaces.Box) -> None:
        super().__init__(observation_space, features_dim=observation_space.shape[0])

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """From `(batch, features, users)` to `(batch, users, features)`."""
        return observations.transpose(-1, -2).contiguous()  # once for both networks


class PooledExtractor(nn.Module):
    """Hidden layers of actor and critic; the critic values the mean over the users.

    Attributes:
        latent_dim_pi, latent_dim_vf: features of a user behind the actor's, and of all behind the critic's.
    """

    def __init__(self, features: int, net_arch: Any, activation: type[nn.Module]) -> None:
        super().__init__()
        hidden = net_arch if isinstance(net_arch, dict) else {"pi": net_arch, "vf": net_arch}
        self.policy_net = PooledLayers(features, hidden.get("pi", []), activation)
        self.value_net = PooledLayers(features, hidden.get("vf", []), activation)
        self.latent_dim_pi, self.latent_dim_vf = self.policy_net.outputs, self.value_net.outputs

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both latent features."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: torch.Tensor) -> torch.Tensor:
        """From `(batch, users, features)` to `(batch, users, latent_dim_pi)`."""
        latent: torch.Tensor = self.policy_net(features)
        return latent

    def forward_critic(self, features: torch.Tensor) -> torch.Tensor:
        """From `(batch, users, features)` to `(batch, latent_dim_vf)`."""
        latent: torch.Tensor = self.value_net(features).mean(-2)
        return latent


class AnyNumberOfUsers(BasePolicy):
    """A policy with the same weights for every user, and a context: the mean over all users.

    The parameters do not depend on the number of users, so a trained policy acts on any number: see `resize`.

    Args:
        last: as in `EntityAxes`; all other arguments are those of the base.
    """

    def __init__(self, *args: Any, last: bool = False, **kwargs: Any) -> None:
        self.axes = EntityAxes(last)
        super().__init__(*args, **(kwargs | {"features_extractor_class": UserRows}))

    def fits(self, observed: spaces.Space[Any], given: spaces.Space[Any], *actions: spaces.Space[Any]) -> bool:
        """Whether the spaces differ in nothing but the number of users.

        Args:
            observed: of the observations that the policy was trained on.
            given: of those that it is given.
            *actions: of actions, in the same order; none to compare only the observations.
        """
        both = (observed, given)
        if not all(isinstance(space, spaces.Box) and len(space.shape) == 2 for space in both):
            return False
        (features, users), (given_features, given_users) = observed.shape, given.shape  # type: ignore[misc]
        if not actions:
            return bool(features == given_features)
        trained_for, acted = actions
        if self.axes.objection(given, acted) is not None or type(trained_for) is not type(acted):
            return False
        return bool(self.axes.of_one(trained_for, users) == self.axes.of_one(acted, given_users))

    def resize(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> None:
        """Lets the policy act on the users of these spaces."""
        self.observation_space, self.action_space = observation_space, action_space

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return super()._get_constructor_parameters() | {"last": self.axes.last}


class PerUserPolicy(AnyNumberOfUsers, ActorCriticPolicy):
    """Actor and critic of the on-policy algorithms, alike for all users."""

    def resize(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> None:
        super().resize(observation_space, action_space)
        self.action_dist = make_proba_distribution(action_space)

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor: Any = PooledExtractor(self.features_dim, self.net_arch, self.activation_fn)

    def _build(self, lr_schedule: Any) -> None:
        assert self.observation_space.shape is not None
        of_all, one = self.action_dist, self.axes.of_one(self.action_space, self.observation_space.shape[1])
        self.action_dist = make_proba_distribution(one)  # the base's output layer and deviations are one user's
        super()._build(lr_schedule)
        self.action_dist = of_all

    def _get_action_dist_from_latent(self, latent_pi: torch.Tensor) -> Distribution:
        outputs, users = self.action_net(latent_pi), latent_pi.shape[-2]
        if isinstance(self.action_dist, DiagGaussianDistribution):
            sizes = [1] * outputs.shape[-1]
            log_std = arranged(self.log_std.expand(users, -1), sizes, self.axes.last)
            return self.action_dist.proba_distribution(arranged(outputs, sizes, self.axes.last), log_std)
        sizes = self.axes.of_one(self.action_space, users).nvec.tolist()  # type: ignore[union-attr]
        return self.action_dist.proba_distribution(action_logits=arranged(outputs, sizes, self.axes.last))


class PerFeatureMeanStd(RunningMeanStd):
    """Running moments of each feature over all users, which hold for any number of users; shape `(features, 1)`."""

    def __init__(self, features: int) -> None:
        super().__init__(shape=(features, 1))

    def update(self, arr: np.ndarray) -> None:
        """Takes in observations of shape `(batch, features, users)`."""
        super().update(np.moveaxis(arr, -1, 1).reshape(-1, *self.mean.shape))
