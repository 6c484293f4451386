"""PTD3, pessimistic TD3: Haider et al., "NetworkGym: reinforcement learning environments for multi-access traffic
management in network simulation", NeurIPS 2024 Datasets and Benchmarks (arXiv 2411.04138).

The actor's loss is -(mean Q(s, pi(s)) - beta Gamma): Gamma is the mean over the batch of sqrt(g^T Sigma^-1 g), where g
is the gradient of the first critic by its parameters at (s, pi(s)), and Sigma the decayed sum of g g^T at single
samples of the dataset. Where the data say nothing about Q, Gamma is large.

With all P of the critic's parameters the inverse has P^2 entries: 8000 parameters make 260 MB that every update reads
and writes. By default g is taken by the last layer alone, whose features are what the critic has learnt to tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor
from torch.func import functional_call, grad, vmap

from netgym_cli.agents.offline.td3 import Td3Learner
from netgym_cli.agents.sb3.learner_state import arrays, tensors

SMALL = 1024  # matrices up to this size are kept in double precision
LEAST_SQUARE = 1e-12  # the root's slope at 0 is infinite


class Precision:
    """(ridge I + sum over k of decay^(n - k) g_k g_k^T)^-1 of the vectors g_1 to g_n, by the Sherman-Morrison formula.

    Args:
        size: length of the vectors.
        decay: weight of the past at every new vector, above 0 to 1.
        ridge: what is on the diagonal before any vector, above 0; between two exact inverses it decays too.
        exact_every: vectors between two exact inverses of the sum, which end the growth of rounding errors; 0: none.
    """

    def __init__(self, size: int, decay: float, ridge: float, exact_every: int, device: torch.device) -> None:
        dtype = torch.float64 if size <= SMALL else torch.float32
        self.unit = torch.eye(size if exact_every else 0, dtype=dtype, device=device)
        self.sum = torch.zeros_like(self.unit)
        self.inverse = torch.eye(size, dtype=dtype, device=device) / ridge
        self.decay, self.ridge, self.exact_every, self.count = decay, ridge, exact_every, 0

    @torch.no_grad()
    def add(self, vector: Tensor) -> None:
        """Takes one vector into the sum."""
        vector = vector.to(self.inverse.dtype)
        if self.decay < 1:
            self.inverse /= self.decay
        image = self.inverse @ vector
        self.inverse.addr_(image, image, alpha=-1 / (1 + float(vector @ image)))
        if self.exact_every:
            self.sum.mul_(self.decay).addr_(vector, vector)
            self.count += 1
            if self.count % self.exact_every == 0:
                self.inverse = torch.linalg.inv(self.sum + self.ridge * self.unit)

    def widths(self, vectors: Tensor) -> Tensor:
        """sqrt(g^T inverse g) of every row g."""
        rows = vectors.to(self.inverse.dtype)
        squares = ((rows @ self.inverse) * rows).sum(dim=1)
        return squares.clamp(min=LEAST_SQUARE).sqrt().to(vectors.dtype)


class Ptd3Learner(Td3Learner):
    """`beta` weighs pessimism; `whole` takes all of the critic's parameters; the rest is `Precision`'s."""

    def __init__(self, model: Any, beta: float, decay: float, ridge: float, exact_every: int, whole: bool) -> None:
        super().__init__(model)
        self.beta, self.whole = beta, whole
        self.critic = model.critic.q_networks[0]
        self.parameters = dict(self.critic.named_parameters())
        size = (
            sum(parameter.numel() for parameter in self.parameters.values())
            if whole
            else self.critic[-1].in_features + 1
        )
        self.precision = Precision(size, decay, ridge, exact_every, model.device)

    def state(self) -> dict[str, Any]:
        kept = self.precision
        numbers = {"sum": arrays(kept.sum), "inverse": arrays(kept.inverse), "count": kept.count}
        return super().state() | {"precision": numbers}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        kept, saved = self.precision, state["precision"]
        kept.sum, kept.inverse, kept.count = tensors(saved["sum"]), tensors(saved["inverse"]), saved["count"]

    def critic_updated(self, batch: ReplayBufferSamples) -> None:
        first: Any = {key: part[:1] for key, part in batch.observations.items()} if isinstance(
            batch.observations, dict) else batch.observations[:1]  # fmt: skip
        with torch.no_grad():  # the batch is random, and so is its first sample
            self.precision.add(self.gradients(first, batch.actions[:1])[0])

    def actor_loss(self, observations: Any, actions: Tensor) -> Tensor:
        chosen = self.model.actor(observations)
        value = self.model.critic.q1_forward(observations, chosen).mean()
        return -(value - self.beta * self.precision.widths(self.gradients(observations, chosen)).mean())

    def gradients(self, observations: Any, actions: Tensor) -> Tensor:
        """Gradients of the first critic by its parameters, shape (batch, parameters); they depend on the actions."""
        critic = self.model.critic
        inputs = torch.cat([critic.extract_features(observations, critic.features_extractor).detach(), actions], dim=1)
        if not self.whole:
            hidden = self.critic[:-1](inputs)
            return torch.cat([hidden, torch.ones_like(hidden[:, :1])], dim=1)

        def value(parameters: dict[str, Tensor], row: Tensor) -> Tensor:
            value_of_row: Tensor = functional_call(self.critic, parameters, (row[None],))
            return value_of_row.squeeze()

        by_name = vmap(grad(value), in_dims=(None, 0))(self.parameters, inputs)
        return torch.cat([gradient.flatten(1) for gradient in by_name.values()], dim=1)
