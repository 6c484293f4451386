"""A dry build before the run: the library builds the model once, on the declared spaces, without a simulator."""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import fields
from typing import Any

import torch
from gymnasium import spaces

from netgym_cli.agents.entities import EntityAxes
from netgym_cli.agents.sb3.build import build, normalized_env, vector_env
from netgym_cli.agents.sb3.config import LearnerConfig, PolicyKwargs, Sb3Config
from netgym_cli.agents.sb3.vector_env import SpacesOnly
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import require


def require_buildable(
    algorithm: str,
    config: LearnerConfig,
    observation_space: spaces.Space[Any],
    action_space: spaces.Space[Any],
    axes: EntityAxes | None = None,
) -> None:
    """Raises `ConfigError` if this machine lacks the device or the library rejects the policy or its arguments."""
    # The library would silently use the CPU instead of an absent GPU, and the record would be false.
    devices = ["auto", "cpu"]
    if torch.cuda.is_available():
        devices += ["cuda", *(f"cuda:{k}" for k in range(torch.cuda.device_count()))]
    require(config.device in devices, "agent.device", config.device, f"on this machine: {', '.join(devices)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # training repeats it
            bare = SpacesOnly(observation_space, action_space, config.n_envs if isinstance(config, Sb3Config) else 1)
            env = normalized_env(config, bare) if isinstance(config, Sb3Config) else vector_env(config, bare)
            build(algorithm, deepcopy(config), env, 0, axes)  # the library changes the mappings that it gets
    except ConfigError:
        raise
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ConfigError(
            f"agent '{config.name}' cannot be built on the observations {observation_space}: {reason}. "
            f"It was given {_library_keys(config)}; allowed: what stable_baselines3.{algorithm} and its policy accept. "
            "null (policy: auto) takes the algorithm's own default."
        ) from error


def _library_keys(config: LearnerConfig) -> str:
    """The keys that only the library can check, where they differ from its defaults."""
    kwargs: PolicyKwargs = config.policy_kwargs  # type: ignore[attr-defined]
    values: dict[str, Any] = {"agent.policy": config.policy}
    values |= {f"agent.policy_kwargs.{field.name}": getattr(kwargs, field.name) for field in fields(kwargs)}
    values |= {f"agent.{key}": getattr(config, key, None) for key in ("rollout_buffer_kwargs", "replay_buffer_kwargs")}
    return ", ".join(f"{key}={value!r}" for key, value in values.items() if value is not None)
