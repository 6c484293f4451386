"""A Stable-Baselines3 algorithm from a config, and its environment in SB3's form."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import stable_baselines3
import torch
from gymnasium import spaces
from stable_baselines3.common import buffers, torch_layers
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.noise import NormalActionNoise, OrnsteinUhlenbeckActionNoise
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.vec_env import VecEnv, VecMonitor, VecNormalize

from netgym_cli.agents.entities import PER_USER, EntityAxes
from netgym_cli.agents.normalization import Bounds, Softmax
from netgym_cli.agents.sb3.config import (
    LearnerConfig,
    NoiseConfig,
    OffPolicyConfig,
    PolicyKwargs,
    Sb3Config,
    frequency,
    schedule,
)
from netgym_cli.agents.sb3.floored_normalize import FlooredNormalize
from netgym_cli.agents.sb3.forms import Forms
from netgym_cli.agents.sb3.per_user import PerFeatureMeanStd, PerUserPolicy
from netgym_cli.agents.sb3.per_user_sac import PerUserSacPolicy
from netgym_cli.agents.sb3.vector_env import SessionsVecEnv
from netgym_cli.sessions.vector import VectorSessions

CLASSES: dict[str, dict[str, type]] = {
    "activation_fn": {
        "elu": torch.nn.ELU,
        "gelu": torch.nn.GELU,
        "leaky_relu": torch.nn.LeakyReLU,
        "relu": torch.nn.ReLU,
        "selu": torch.nn.SELU,
        "sigmoid": torch.nn.Sigmoid,
        "silu": torch.nn.SiLU,
        "tanh": torch.nn.Tanh,
    },
    "optimizer_class": {
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
        "rmsprop": torch.optim.RMSprop,
        "rmsprop_tf": RMSpropTFLike,
        "sgd": torch.optim.SGD,
    },
    "features_extractor_class": {
        "combined": torch_layers.CombinedExtractor,
        "flatten": torch_layers.FlattenExtractor,
        "nature_cnn": torch_layers.NatureCNN,
    },
    "rollout_buffer_class": {"dict": buffers.DictRolloutBuffer, "plain": buffers.RolloutBuffer},
    "replay_buffer_class": {
        "dict": buffers.DictReplayBuffer,
        "n_step": buffers.NStepReplayBuffer,
        "plain": buffers.ReplayBuffer,
    },
}
SCHEDULES = ("learning_rate", "clip_range", "clip_range_vf")


def normalized_env(config: Sb3Config, sessions: VectorSessions) -> VecNormalize:
    """`sessions` for SB3, with observations, rewards and actions scaled as the config says."""
    env = vector_env(config, sessions)
    space = env.observation_space
    parts = space.items() if isinstance(space, spaces.Dict) else ()
    boxes = [key for key, part in parts if isinstance(part, spaces.Box)] or None
    scaled = FlooredNormalize(
        env,
        config.min_deviation,
        norm_obs=config.normalize_observation,
        norm_reward=config.normalize_reward,
        clip_obs=config.clip_observation,
        clip_reward=config.clip_reward,
        gamma=config.gamma,
        norm_obs_keys=boxes if config.normalize_observation else None,
    )
    if config.policy == PER_USER and config.normalize_observation:
        assert isinstance(space, spaces.Box)
        scaled.obs_rms = PerFeatureMeanStd(space.shape[0])  # type: ignore[assignment]
    return scaled


def vector_env(config: LearnerConfig, sessions: VectorSessions) -> VecEnv:
    """`sessions` with spaces as the library takes them and actions scaled as the config says."""
    return VecMonitor(SessionsVecEnv(sessions, forms_of(config, sessions.observation_space, sessions.action_space)))


def build(
    algorithm: str | type[BaseAlgorithm],
    config: LearnerConfig,
    env: VecEnv,
    seed: int,
    axes: EntityAxes | None = None,
    **more: Any,
) -> BaseAlgorithm:
    """The algorithm with every argument from the config.

    Args:
        algorithm: name of a class in `stable_baselines3`, or a class.
        config: the agent's; its `own_keys` are not the algorithm's.
        env: the algorithm's environment.
        seed: seed of all of its randomness.
        axes: where the spaces list the users, for a policy `per_user`.
        more: arguments that take precedence over the config's.
    """
    names = [field.name for field in fields(config) if field.name not in config.own_keys]
    arguments = {name: getattr(config, name) for name in names}
    for key, value in arguments.items():
        if key in SCHEDULES and value is not None:
            arguments[key] = schedule(value)
        elif key in CLASSES and value is not None:
            arguments[key] = CLASSES[key][value]
        elif isinstance(value, PolicyKwargs):
            arguments[key] = policy_kwargs(value)
        elif isinstance(value, NoiseConfig):
            arguments[key] = noise(value, env.action_space)
    if "train_freq" in arguments:
        arguments["train_freq"] = frequency(arguments["train_freq"])
        # The library counts its calls of `step`, each of which does one step per slot.
        arguments["gradient_steps"] *= 1 if arguments["gradient_steps"] < 0 else env.num_envs
    if arguments["policy"] == "auto":
        arguments["policy"] = "MultiInputPolicy" if isinstance(env.observation_space, spaces.Dict) else "MlpPolicy"
    elif arguments["policy"] == PER_USER and "policy" not in more:
        assert axes is not None
        arguments["policy"] = PerUserSacPolicy if isinstance(config, OffPolicyConfig) else PerUserPolicy
        arguments["policy_kwargs"] = arguments["policy_kwargs"] | {"last": axes.last}
    kind = getattr(stable_baselines3, algorithm) if isinstance(algorithm, str) else algorithm
    model: BaseAlgorithm = kind(env=env, seed=seed, verbose=0, **(arguments | more))
    return model


def policy_kwargs(config: PolicyKwargs) -> dict[str, Any]:
    """The config's values without the nulls, which mean the algorithm's own default."""
    given = {field.name: getattr(config, field.name) for field in fields(config)}
    return {key: CLASSES[key][value] if key in CLASSES else value for key, value in given.items() if value is not None}


def noise(config: NoiseConfig, space: spaces.Space[Any]) -> NormalActionNoise | OrnsteinUhlenbeckActionNoise | None:
    """Noise of the actions' shape, independent in every entry."""
    if config.kind == "none":
        return None
    mean, sigma = np.zeros(space.shape or ()), np.full(space.shape or (), config.sigma)
    if config.kind == "normal":
        return NormalActionNoise(mean, sigma)
    return OrnsteinUhlenbeckActionNoise(mean, sigma, config.theta)


def forms_of(config: LearnerConfig, observations: spaces.Space[Any], actions: spaces.Space[Any]) -> Forms:
    """How a learner with this config meets the spaces of an environment."""
    return Forms(observations, actions, bounds_of(config, actions), listed=isinstance(config, OffPolicyConfig))


def bounds_of(config: LearnerConfig, space: spaces.Space[Any]) -> Bounds | None:
    """The bounds onto which actions are mapped, if the config asks for it and the actions are numbers."""
    if not isinstance(space, spaces.Box):
        return None
    if getattr(config, "action", "box") == "softmax":
        return Softmax.of(space)
    return Bounds.of(space) if config.rescale_action else None
