"""Config records of the Stable-Baselines3 agents and the checks that need no library."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

from omegaconf import MISSING

from netgym_cli.config.schema import AgentConfig, require

Number = int | float
POLICIES = ("auto", "MlpPolicy", "CnnPolicy", "MultiInputPolicy")
ACTIVATIONS = ("elu", "gelu", "leaky_relu", "relu", "selu", "sigmoid", "silu", "tanh")
OPTIMIZERS = ("adam", "adamw", "rmsprop", "rmsprop_tf", "sgd")
EXTRACTORS = ("combined", "flatten", "nature_cnn")
ROLLOUT_BUFFERS = ("dict", "plain")
REPLAY_BUFFERS = ("dict", "n_step", "plain")
NOISES = ("none", "normal", "ornstein_uhlenbeck")
OWN_KEYS = frozenset(
    (
        "name",
        "rescale_action",
        "normalize_observation",
        "normalize_reward",
        "clip_observation",
        "clip_reward",
        "torch_threads",
        "checkpoint_every_steps",
        "init",
    )
)


@dataclass
class PolicyKwargs:
    """Constructor arguments of every SB3 policy; null takes the algorithm's own default.

    Attributes:
        heads: keys of a `net_arch` that is a mapping.
        needs_all_heads: whether such a mapping must have all of them.
    """

    heads: ClassVar[tuple[str, str]] = ("pi", "qf")
    needs_all_heads: ClassVar[bool] = True

    net_arch: Any = MISSING
    activation_fn: str | None = MISSING
    features_extractor_class: str | None = MISSING
    features_extractor_kwargs: dict[str, Any] | None = MISSING
    share_features_extractor: bool | None = MISSING
    normalize_images: bool | None = MISSING
    optimizer_class: str | None = MISSING
    optimizer_kwargs: dict[str, Any] | None = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` for a class name that nobody knows or layers that are none."""
        where = "agent.policy_kwargs"
        self._validate_net_arch(f"{where}.net_arch")
        require_name(f"{where}.activation_fn", self.activation_fn, ACTIVATIONS)
        require_name(f"{where}.features_extractor_class", self.features_extractor_class, EXTRACTORS)
        require_name(f"{where}.optimizer_class", self.optimizer_class, OPTIMIZERS)

    def _validate_net_arch(self, key: str) -> None:
        arch, (one, other) = self.net_arch, self.heads
        if isinstance(arch, dict):
            whole = set(arch) == set(self.heads) if self.needs_all_heads else set(arch) <= set(self.heads)
            valid = whole and all(_is_layers(layers) for layers in arch.values())
        else:
            valid = arch is None or _is_layers(arch)
        allowed = f"null, a list of whole numbers from 1, such as [64, 64], or {{{one}: [64], {other}: [64]}}"
        require(valid, key, arch, allowed)


@dataclass
class LearnerConfig(AgentConfig):
    """Keys of every agent whose model is an SB3 algorithm.

    Attributes:
        own_keys: those that are netgym's; all others are constructor arguments of the algorithm, under the same name.
    """

    own_keys: ClassVar[frozenset[str]] = OWN_KEYS

    rescale_action: bool = MISSING
    normalize_observation: bool = MISSING
    clip_observation: float = MISSING
    torch_threads: int = MISSING
    checkpoint_every_steps: int = MISSING
    policy: str = MISSING
    learning_rate: int | float | str = MISSING
    device: str = MISSING

    def validate(self) -> None:
        """Checks what can be known without the environment. Raises `ConfigError`."""
        require(self.policy in POLICIES, "agent.policy", self.policy, ", ".join(POLICIES))
        schedule("agent.learning_rate", self.learning_rate)
        require(self.torch_threads >= 1, "agent.torch_threads", self.torch_threads, "1 or more")
        require(self.clip_observation > 0, "agent.clip_observation", self.clip_observation, "above 0")
        every = self.checkpoint_every_steps
        require(every >= 0, "agent.checkpoint_every_steps", every, "0 (never) or more")
        self.policy_kwargs.validate()  # type: ignore[attr-defined]


@dataclass
class Sb3Config(LearnerConfig):
    """Keys of every agent that learns from the environment.

    Attributes:
        init: folder of a run whose model the training continues; None: a new model.
    """

    init: str | None = None
    normalize_reward: bool = MISSING
    clip_reward: float = MISSING
    gamma: float = MISSING
    n_steps: int = MISSING
    stats_window_size: int = MISSING

    def validate(self) -> None:
        super().validate()
        require(0 <= self.gamma <= 1, "agent.gamma", self.gamma, "0 to 1")
        for key in ("n_steps", "stats_window_size"):
            require(getattr(self, key) >= 1, f"agent.{key}", getattr(self, key), "1 or more")
        require(self.clip_reward > 0, "agent.clip_reward", self.clip_reward, "above 0")


@dataclass
class OnPolicyConfig(Sb3Config):
    """Keys of the agents that learn from full rollouts and forget them."""

    gae_lambda: float = MISSING
    ent_coef: float = MISSING
    vf_coef: float = MISSING
    max_grad_norm: float = MISSING
    normalize_advantage: bool = MISSING
    use_sde: bool = MISSING
    sde_sample_freq: int = MISSING
    rollout_buffer_class: str | None = MISSING
    rollout_buffer_kwargs: dict[str, Any] | None = MISSING
    policy_kwargs: ActorCriticKwargs = field(default_factory=lambda: ActorCriticKwargs())

    def validate(self) -> None:
        super().validate()
        require(0 <= self.gae_lambda <= 1, "agent.gae_lambda", self.gae_lambda, "0 to 1")
        require_name("agent.rollout_buffer_class", self.rollout_buffer_class, ROLLOUT_BUFFERS)
        squash = self.policy_kwargs.squash_output
        require(not squash or self.use_sde, "agent.policy_kwargs.squash_output", squash, "true only with use_sde: true")


@dataclass
class ActorCriticKwargs(PolicyKwargs):
    """Arguments of the on-policy policies."""

    heads: ClassVar[tuple[str, str]] = ("pi", "vf")
    needs_all_heads: ClassVar[bool] = False

    ortho_init: bool | None = MISSING
    log_std_init: float | None = MISSING
    full_std: bool | None = MISSING
    use_expln: bool | None = MISSING
    squash_output: bool | None = MISSING


@dataclass
class NoiseConfig:
    """Noise added to actions, in the scale -1 to 1; see conf/agent/td3.yaml for meanings."""

    kind: str = MISSING
    sigma: float = MISSING
    theta: float = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key."""
        require(self.kind in NOISES, "agent.action_noise.kind", self.kind, ", ".join(NOISES))
        require(self.sigma >= 0, "agent.action_noise.sigma", self.sigma, "0 or more")
        require(self.theta >= 0, "agent.action_noise.theta", self.theta, "0 or more")


@dataclass
class OffPolicyConfig(Sb3Config):
    """Keys of the agents that learn from a replay buffer."""

    buffer_size: int = MISSING
    learning_starts: int = MISSING
    batch_size: int = MISSING
    tau: float = MISSING
    train_freq: Any = MISSING
    gradient_steps: int = MISSING
    replay_buffer_class: str | None = MISSING
    replay_buffer_kwargs: dict[str, Any] | None = MISSING
    optimize_memory_usage: bool = MISSING
    action_noise: NoiseConfig = field(default_factory=NoiseConfig)

    def validate(self) -> None:
        super().validate()
        self.action_noise.validate()
        for key in ("buffer_size", "batch_size"):
            require(getattr(self, key) >= 1, f"agent.{key}", getattr(self, key), "1 or more")
        require(self.learning_starts >= 0, "agent.learning_starts", self.learning_starts, "0 or more")
        require(0 < self.tau <= 1, "agent.tau", self.tau, "above 0, up to 1")
        require(self.gradient_steps >= -1, "agent.gradient_steps", self.gradient_steps, "-1 (as many as steps) or more")
        require_name("agent.replay_buffer_class", self.replay_buffer_class, REPLAY_BUFFERS)
        frequency(self.train_freq)
        keeps_time_limits = (self.replay_buffer_kwargs or {}).get("handle_timeout_termination", True)
        require(
            not (self.optimize_memory_usage and keeps_time_limits),
            "agent.optimize_memory_usage",
            self.optimize_memory_usage,
            "true only with replay_buffer_kwargs: {handle_timeout_termination: false}, which gives up bootstrapping",
        )


@dataclass(frozen=True)
class Linear:
    """A schedule that falls from `start` to 0 over the run."""

    start: float

    def __call__(self, progress_remaining: float) -> float:
        return progress_remaining * self.start


def schedule(key: str, value: Number | str) -> float | Linear:
    """A number as it is, `linear:<start>` as a schedule. Raises `ConfigError` for anything else or a negative one."""
    kind, _, start = value.rpartition(":") if isinstance(value, str) else ("", "", value)
    try:
        number = float(start)
    except ValueError:
        number = math.nan
    valid = number >= 0 and math.isfinite(number) and kind in ("", "linear")
    require(valid, key, value, "a number from 0 or linear:<number>")
    return Linear(number) if kind else number


def frequency(value: Any) -> int | tuple[int, str]:
    """`train_freq`: a number of steps, or `[number, step|episode]`. Raises `ConfigError` for anything else."""
    number, unit = value if isinstance(value, list | tuple) and len(value) == 2 else (value, "step")
    valid = isinstance(number, int) and not isinstance(number, bool) and number >= 1 and unit in ("step", "episode")
    require(valid, "agent.train_freq", value, "a number of steps, 1 or more, or [number, step] or [number, episode]")
    return number if unit == "step" else (number, unit)


def require_name(key: str, value: str | None, known: tuple[str, ...]) -> None:
    """Raises `ConfigError` unless `value` is null or one of `known`."""
    require(value is None or value in known, key, value, f"null (the algorithm's own) or one of {', '.join(known)}")


def _is_layers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(size, int) and size is not True and size >= 1 for size in value)
