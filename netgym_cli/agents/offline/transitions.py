"""A dataset in memory, in the scales that a model learns in, to draw batches from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.preprocessing import get_action_dim, get_obs_shape
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.type_aliases import DictReplayBufferSamples, ReplayBufferSamples
from torch import Tensor

from netgym_cli.agents.deviation_floor import units
from netgym_cli.agents.normalization import Bounds, Moments, Normalization
from netgym_cli.agents.offline.config import OfflineConfig, OfflineValueConfig
from netgym_cli.agents.sb3.forms import Forms
from netgym_cli.common.errors import ConfigError
from netgym_cli.datasets import Dataset, Episode

EPSILON = 1e-8  # added to variances, as VecNormalize does
HIDDEN = 1e30  # variance that makes 0 of any value
Parts = dict[str, Any]


@dataclass(frozen=True)
class Transitions:
    """All steps of a dataset, drawn as SB3's replay buffers draw them.

    Every observation is kept once: the one after it is the next entry, the last of an episode its real final one.

    Attributes:
        observations: normalised, of shape `(steps + episodes, ...)`, by key; one Box is under the key `""`.
        actions: `(steps, ...)`, in the scale of the model's actions.
        rewards, dones: `(steps, 1)`; done only at terminal states, so that values are bootstrapped at time limits.
        places: `(steps,)`, index of each step's observation in `observations`.
    """

    observations: dict[str, Tensor]
    actions: Tensor
    rewards: Tensor
    dones: Tensor
    places: Tensor

    def sample(self, size: int, random: torch.Generator) -> ReplayBufferSamples:
        """`size` steps, drawn with replacement."""
        drawn = torch.randint(len(self.places), (size,), generator=random).to(self.places.device)
        places = self.places.index_select(0, drawn)  # several times faster than brackets
        actions, dones, rewards = (part.index_select(0, drawn) for part in (self.actions, self.dones, self.rewards))
        kind: Any = ReplayBufferSamples if "" in self.observations else DictReplayBufferSamples
        samples: ReplayBufferSamples = kind(self._observed(places), actions, self._observed(places + 1), dones, rewards)
        return samples

    def _observed(self, places: Tensor) -> Any:
        observed = {key: part.index_select(0, places) for key, part in self.observations.items()}
        return observed.get("", observed)


def read(
    dataset: Dataset, config: OfflineConfig, forms: Forms, device: torch.device
) -> tuple[Transitions, Normalization]:
    """All of `dataset` with moments taken from it, and these moments.

    Args:
        dataset: it fits the environment.
        config: which scales are wanted.
        forms: the learner's form of the dataset's spaces; its bounds become -1 and 1.
        device: where the model computes.

    Raises:
        ConfigError: it holds numbers that are not finite.
    """
    finite = (_finite(episode, k, dataset.id) for k, episode in enumerate(dataset.episodes()))
    episodes = [replace(episode, observations=forms.observe(episode.observations)) for episode in finite]
    space = forms.observation_space
    normalization = _moments(episodes, space, config, forms.bounds)
    observed = [_parts(episode.observations) for episode in episodes]
    parts = _parts(space.spaces if isinstance(space, spaces.Dict) else space)
    observations = {}
    for key, space in parts.items():
        whole = np.concatenate([_scaled(entries.pop(key), key, normalization) for entries in observed])
        observations[key] = torch.as_tensor(whole.reshape(-1, *get_obs_shape(space))).to(device)
    lengths = np.array([len(episode) for episode in episodes])
    places = np.arange(lengths.sum()) + np.repeat(np.arange(len(lengths)), lengths)
    rewards = np.concatenate([episode.rewards for episode in episodes])
    if normalization.reward is not None:
        rewards = rewards / np.sqrt(normalization.reward.var + EPSILON)
        rewards = rewards.clip(-normalization.clip_reward, normalization.clip_reward)
    taken = forms.taken(np.concatenate([episode.actions for episode in episodes]))
    columns = (
        taken.reshape(len(places), get_action_dim(forms.action_space)),
        rewards.astype(np.float32)[:, None],
        np.concatenate([episode.terminations for episode in episodes]).astype(np.float32)[:, None],
        places,
    )
    return Transitions(observations, *(torch.as_tensor(column).to(device) for column in columns)), normalization


def _finite(episode: Episode, number: int, dataset: str) -> Episode:
    named = {"observations": _parts(episode.observations), "actions": {"": episode.actions}}
    for what, parts in {**named, "rewards": {"": episode.rewards}}.items():
        for part in parts.values():
            if not np.isfinite(part).all():
                raise ConfigError(f"episode {number} of dataset '{dataset}' has {what} that are not finite numbers.")
    return episode


def _parts(observations: Any) -> Parts:
    return dict(observations) if isinstance(observations, dict) else {"": observations}


def _moments(
    episodes: list[Episode], space: spaces.Space[Any], config: OfflineConfig, actions: Bounds | None
) -> Normalization:
    parts = _parts(space.spaces if isinstance(space, spaces.Dict) else space)
    running: dict[str, RunningMeanStd] = {}
    if config.normalize_observation:
        boxes = {key: part for key, part in parts.items() if isinstance(part, spaces.Box)}
        running = {key: RunningMeanStd(shape=box.shape) for key, box in boxes.items()}
    for episode in episodes:
        for key, moments in running.items():
            moments.update(np.asarray(_parts(episode.observations)[key], np.float64))
    values = isinstance(config, OfflineValueConfig)
    return Normalization(
        actions,
        {key: _informative(moments, episodes, key) for key, moments in running.items()},
        _returns(episodes, config.gamma) if values and config.normalize_reward else None,  # type: ignore[attr-defined]
        config.clip_observation,
        config.clip_reward if values else 10.0,  # type: ignore[attr-defined]
        EPSILON,
        config.min_deviation,
        {key: units(parts[key], moments.mean.shape).tolist() for key, moments in running.items()},
    )


def _returns(episodes: list[Episode], gamma: float) -> Moments:
    """Moments of the discounted sum of past rewards, by which VecNormalize scales rewards."""
    running = RunningMeanStd(shape=())
    for episode in episodes:
        sums, total = np.empty(len(episode)), 0.0
        for k, reward in enumerate(episode.rewards):
            total = sums[k] = total * gamma + reward
        running.update(sums)
    return _of(running)


def _informative(running: RunningMeanStd, episodes: list[Episode], key: str) -> Moments:
    """Moments that hide entries which never changed in the dataset: no model can have learnt their meaning."""
    first = np.asarray(_parts(episodes[0].observations)[key])[0]
    changed = np.any(
        [(np.asarray(_parts(episode.observations)[key]) != first).any(axis=0) for episode in episodes], axis=0
    )
    var = np.where(changed, running.var, HIDDEN)
    return Moments(np.asarray(running.mean).tolist(), var.tolist(), float(running.count))


def _of(running: RunningMeanStd) -> Moments:
    return Moments(np.asarray(running.mean).tolist(), np.asarray(running.var).tolist(), float(running.count))


def _scaled(values: np.ndarray, key: str, normalization: Normalization) -> np.ndarray:
    if key in normalization.observation:
        observations: dict[str, np.ndarray] | np.ndarray = {key: values} if key else values
        scaled = normalization.apply(observations)
        return np.asarray(scaled[key] if key else scaled)
    return values.astype(np.float32) if values.dtype == np.float64 else values
