"""The scales that a model was trained in, as plain JSON inside the model's zip file."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from netgym_cli.agents.deviation_floor import floored
from netgym_cli.config.schema import require
from netgym_cli.envs.actions import edges
from netgym_cli.envs.base import Adapter

if TYPE_CHECKING:
    from gymnasium import spaces
    from stable_baselines3.common.vec_env import VecNormalize

    from netgym_cli.agents.sb3.floored_normalize import FlooredNormalize

MEMBER = "normalization.json"


@dataclass(frozen=True)
class Moments:
    """Mean and variance over `count` samples, nested lists of the samples' shape."""

    mean: Any
    var: Any
    count: float


@dataclass(frozen=True)
class Bounds:
    """The actions that -1 and 1 stand for, nested lists of the action space's shape.

    They are the lowest and highest ones of the environment; of whole numbers, half a unit below and above them.
    """

    low: Any
    high: Any

    @classmethod
    def of(cls, space: spaces.Box) -> Bounds:
        """The bounds for the actions of `space`."""
        low, high = edges(space)
        return cls(low.tolist(), high.tolist())

    def stretch(self, action: np.ndarray) -> np.ndarray:
        """An action in -1 to 1 mapped linearly onto the bounds, and never beyond them; float32 of the same shape."""
        low, high = np.array(self.low, np.float32), np.array(self.high, np.float32)
        stretched: np.ndarray = np.clip(low + (high - low) * (np.asarray(action) + 1) / 2, low, high)
        return stretched.astype(np.float32)

    def shrink(self, action: np.ndarray) -> np.ndarray:
        """The inverse: an action of the environment in -1 to 1, and never beyond; where the bounds are equal, 0."""
        low, span = np.array(self.low), np.array(self.high) - np.array(self.low)
        shrunk = 2 * (np.asarray(action, np.float64) - low) / np.where(span > 0, span, 1) - 1
        return np.where(span > 0, np.clip(shrunk, -1, 1), 0).astype(np.float32)


@dataclass(frozen=True)
class Softmax(Bounds):
    """Weights between the bounds, in proportion to exp(sharpness * a) along the last axis for a in -1 to 1.

    The heaviest of them is at the upper bound, so only ratios matter, from 1 to exp(2 * sharpness).
    """

    sharpness: float = 5.0

    def stretch(self, action: np.ndarray) -> np.ndarray:
        low, high = np.array(self.low, np.float32), np.array(self.high, np.float32)
        values = np.clip(np.asarray(action, np.float64), -1, 1)
        below = self.sharpness * (values - values.max(axis=-1, keepdims=True))
        # NumPy's exponential has other last digits on other CPUs.
        weights = np.array(list(map(math.exp, below.ravel().tolist()))).reshape(below.shape)
        return np.asarray(np.clip(low + (high - low) * weights, low, high), np.float32)

    def shrink(self, action: np.ndarray) -> np.ndarray:
        """The inverse, with 1 for the heaviest weight; ratios that none of the actions has are cut."""
        weights = super().shrink(action).astype(np.float64) / 2 + 0.5
        most = weights.max(axis=-1, keepdims=True)
        ratios = np.where(most > 0, weights / np.where(most > 0, most, 1), 1)
        least = math.exp(-2 * self.sharpness)
        logs = np.array([math.log(max(ratio, least)) for ratio in ratios.ravel().tolist()]).reshape(ratios.shape)
        return np.asarray(1 + logs / self.sharpness, np.float32)


def require_shares(action: str, adapter: Adapter[Any]) -> None:
    """Raises `ConfigError` for softmax actions in an environment whose actions are no weights."""
    require(
        action != "softmax" or adapter.actions_are_shares,
        "agent.action",
        action,
        f"box in env '{adapter.config.name}', whose actions are no shares of which only the ratios count",
    )


@dataclass(frozen=True)
class Normalization:
    """Scales between an environment and a model: (x - mean) / sqrt(var + epsilon), cut at +-clip.

    Of observations the divisor is no less than a floor, see `deviation_floor.floored`.

    Attributes:
        action: bounds onto which the model's actions in -1 to 1 are mapped; None: actions are not scaled.
        observation: moments of a Box observation under the key `""`, of a Dict observation by key; empty: none.
        reward: moments of the discounted return, whose deviation divides rewards; None: rewards stay as they are.
        clip_observation, clip_reward: largest absolute values after the division.
        epsilon: added to variances.
        min_deviation: the floor's share; 0: none, as of models of releases that had none.
        units: units of the entries of observations, nested lists, under the keys of `observation`.
    """

    action: Bounds | None
    observation: dict[str, Moments]
    reward: Moments | None
    clip_observation: float
    clip_reward: float
    epsilon: float
    min_deviation: float = 0.0
    units: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, env: FlooredNormalize, action: Bounds | None) -> Normalization:
        """A copy of the running moments of `env`, with the bounds of the actions."""
        running: Any = getattr(env, "obs_rms", {}) if env.norm_obs else {}
        by_key = running if isinstance(running, dict) else {"": running}
        return cls(
            action,
            {key: _moments(rms) for key, rms in by_key.items()},
            _moments(env.ret_rms) if env.norm_reward else None,
            env.clip_obs,
            env.clip_reward,
            env.epsilon,
            *((env.min_deviation, {key: env.units(key).tolist() for key in by_key}) if env.min_deviation else ()),
        )

    def restore(self, env: VecNormalize) -> None:
        """Puts the moments back into `env`, bit for bit."""
        running: Any = getattr(env, "obs_rms", {})
        for key, moments in self.observation.items():
            _restore(running[key] if key else running, moments)
        if self.reward is not None:
            _restore(env.ret_rms, self.reward)

    def apply(self, observation: Any) -> Any:
        """The observation as the model sees it: float32 of the same shape; nothing is changed in place."""
        if isinstance(observation, dict):
            return {
                key: self._scaled(value, key) if key in self.observation else value
                for key, value in observation.items()
            }
        return self._scaled(observation, "") if self.observation else observation

    def _scaled(self, value: Any, key: str) -> np.ndarray:
        moments = self.observation[key]
        mean, deviation = np.array(moments.mean), np.sqrt(np.array(moments.var) + self.epsilon)
        if self.min_deviation:
            deviation = floored(deviation, mean, self.min_deviation, np.array(self.units[key]))
        scaled = (np.asarray(value) - mean) / deviation
        clipped: np.ndarray = np.clip(scaled, -self.clip_observation, self.clip_observation)
        return clipped.astype(np.float32)

    def to_json(self) -> str:
        """Text that `from_json` turns back into an equal record."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Normalization:
        """The record that `to_json` wrote."""
        raw = json.loads(text)
        raw["action"] = raw["action"] and (Softmax if "sharpness" in raw["action"] else Bounds)(**raw["action"])
        raw["observation"] = {key: Moments(**moments) for key, moments in raw["observation"].items()}
        raw["reward"] = raw["reward"] and Moments(**raw["reward"])
        return cls(**raw)


def _moments(rms: Any) -> Moments:
    return Moments(np.asarray(rms.mean).tolist(), np.asarray(rms.var).tolist(), float(rms.count))


def _restore(rms: Any, moments: Moments) -> None:
    rms.mean, rms.var, rms.count = np.array(moments.mean), np.array(moments.var), moments.count
