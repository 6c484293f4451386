"""Config records of the Stable-Baselines3 agents and the checks that need no library."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

from omegaconf import MISSING

from netgym_cli.config.effect import read_if, read_unless
from netgym_cli.config.fields import check_fields, one_of, ranged, such_that
from netgym_cli.config.schema import AgentConfig, ParallelAgentConfig, require

Number = int | float
POLICIES = ("auto", "MlpPolicy", "CnnPolicy", "MultiInputPolicy")
USER_POLICIES = ("per_user", "by_env")  # see agents/entities.py
ACTIVATIONS = ("elu", "gelu", "leaky_relu", "relu", "selu", "sigmoid", "silu", "tanh")
ACTIONS = ("box", "softmax")
OPTIMIZERS = ("adam", "adamw", "rmsprop", "rmsprop_tf", "sgd")
EXTRACTORS = ("combined", "flatten", "nature_cnn")
ROLLOUT_BUFFERS = ("dict", "plain")
REPLAY_BUFFERS = ("dict", "n_step", "plain")
OWN_DEFAULT = "the algorithm's own"
FREQUENCIES = "a number of steps, 1 or more, or [number, step] or [number, episode]"
NOISES = ("none", "normal", "ornstein_uhlenbeck")
OWN_KEYS = frozenset(
    (
        "name",
        "action",
        "rescale_action",
        "normalize_observation",
        "normalize_reward",
        "clip_observation",
        "clip_reward",
        "min_deviation",
        "torch_threads",
        "checkpoint_every_steps",
        "evaluate_every_steps",
        "evaluation_episodes",
        "init",
        "n_envs",
    )
)


@dataclass(frozen=True)
class Linear:
    """A schedule that falls from `start` to 0 over the run."""

    start: float

    def __call__(self, progress_remaining: float) -> float:
        return progress_remaining * self.start


def schedule(value: Number | str) -> float | Linear | None:
    """A number from 0 as it is, `linear:<start>` as a schedule; None for anything else."""
    kind, _, start = value.rpartition(":") if isinstance(value, str) else ("", "", value)
    try:
        number = float(start)
    except ValueError:
        return None
    if not (number >= 0 and math.isfinite(number) and kind in ("", "linear")):
        return None
    return Linear(number) if kind else number


def scheduled(null: str | None = None) -> Any:
    """A field for what `schedule` takes."""
    return such_that(lambda value: schedule(value) is not None, "a number from 0 or linear:<number>", null=null)


def frequency(value: Any) -> int | tuple[int, str] | None:
    """`train_freq`: a number of steps, or `[number, step|episode]`; None for anything else."""
    number, unit = value if isinstance(value, list | tuple) and len(value) == 2 else (value, "step")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1 or unit not in ("step", "episode"):
        return None
    return number if unit == "step" else (number, unit)


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
    activation_fn: str | None = one_of(*ACTIVATIONS, null=OWN_DEFAULT)
    features_extractor_class: str | None = one_of(*EXTRACTORS, null=OWN_DEFAULT)
    features_extractor_kwargs: dict[str, Any] | None = MISSING
    share_features_extractor: bool | None = MISSING
    normalize_images: bool | None = MISSING
    optimizer_class: str | None = one_of(*OPTIMIZERS, null=OWN_DEFAULT)
    optimizer_kwargs: dict[str, Any] | None = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` for a class name that nobody knows or layers that are none."""
        check_fields(self, "agent.policy_kwargs")
        self._validate_net_arch("agent.policy_kwargs.net_arch")

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
    clip_observation: float = read_if("normalize_observation", True, of=ranged(above=0))
    min_deviation: float = read_if("normalize_observation", True, of=ranged(0, default=0.0, note="0: none"))
    torch_threads: int = ranged(1)
    checkpoint_every_steps: int = ranged(0, note="0: never")
    policy: str = one_of(*POLICIES)
    learning_rate: int | float | str = scheduled()
    device: str = MISSING

    def validate(self) -> None:
        """Checks what can be known without the environment. Raises `ConfigError`."""
        super().validate()
        self.policy_kwargs.validate()  # type: ignore[attr-defined]


@dataclass
class Sb3Config(LearnerConfig, ParallelAgentConfig):
    """Keys of every agent that learns from the environment.

    Attributes:
        init: run whose model the training continues, by its folder or a checkpoint in it; None: a new model.
    """

    init: str | None = None
    action: str = one_of(*ACTIONS, default="box")
    rescale_action: bool = read_unless("action", "softmax")
    evaluate_every_steps: int = ranged(0, note="0: never", default=0)
    evaluation_episodes: int = read_unless("evaluate_every_steps", 0, of=ranged(1, default=5))
    normalize_reward: bool = MISSING
    clip_reward: float = read_if("normalize_reward", True, of=ranged(above=0))
    gamma: float = ranged(0, 1)
    n_steps: int = ranged(1)
    stats_window_size: int = ranged(1)


def require_alike(config: LearnerConfig, use_sde: bool) -> None:
    """Raises `ConfigError` for keys that a policy `per_user` leaves no room for."""
    extractor = config.policy_kwargs.features_extractor_class  # type: ignore[attr-defined]
    if config.policy == "per_user":
        require(not use_sde, "agent.use_sde", True, "false with policy: per_user")
        require(extractor is None, "agent.policy_kwargs.features_extractor_class", extractor,
                "null with policy: per_user, which has its own")  # fmt: skip


@dataclass
class OnPolicyConfig(Sb3Config):
    """Keys of the agents that learn from full rollouts and forget them."""

    policy: str = one_of(*POLICIES, *USER_POLICIES)
    gae_lambda: float = ranged(0, 1)
    ent_coef: float = MISSING
    vf_coef: float = MISSING
    max_grad_norm: float = MISSING
    normalize_advantage: bool = MISSING
    use_sde: bool = MISSING
    sde_sample_freq: int = read_if("use_sde", True)
    rollout_buffer_class: str | None = one_of(*ROLLOUT_BUFFERS, null=OWN_DEFAULT)
    rollout_buffer_kwargs: dict[str, Any] | None = MISSING
    policy_kwargs: ActorCriticKwargs = field(default_factory=lambda: ActorCriticKwargs())

    def validate(self) -> None:
        super().validate()
        squash = self.policy_kwargs.squash_output
        require(not squash or self.use_sde, "agent.policy_kwargs.squash_output", squash, "true only with use_sde: true")
        require_alike(self, self.use_sde)


@dataclass
class ActorCriticKwargs(PolicyKwargs):
    """Arguments of the on-policy policies."""

    heads: ClassVar[tuple[str, str]] = ("pi", "vf")
    needs_all_heads: ClassVar[bool] = False

    ortho_init: bool | None = MISSING
    log_std_init: float | None = MISSING
    full_std: bool | None = read_if("use_sde", True)
    use_expln: bool | None = read_if("use_sde", True)
    squash_output: bool | None = MISSING


@dataclass
class NoiseConfig:
    """Noise added to actions, in the scale -1 to 1; see conf/agent/td3.yaml for meanings."""

    kind: str = one_of(*NOISES)
    sigma: float = read_unless("action_noise.kind", "none", of=ranged(0))
    theta: float = read_if("action_noise.kind", "ornstein_uhlenbeck", of=ranged(0))


@dataclass
class OffPolicyConfig(Sb3Config):
    """Keys of the agents that learn from a replay buffer."""

    buffer_size: int = ranged(1)
    learning_starts: int = ranged(0)
    batch_size: int = ranged(1)
    tau: float = ranged(above=0, high=1)
    train_freq: Any = such_that(lambda value: frequency(value) is not None, FREQUENCIES)
    gradient_steps: int = ranged(-1, note="-1: as many as steps")
    replay_buffer_class: str | None = one_of(*REPLAY_BUFFERS, null=OWN_DEFAULT)
    replay_buffer_kwargs: dict[str, Any] | None = MISSING
    optimize_memory_usage: bool = MISSING
    action_noise: NoiseConfig = field(default_factory=NoiseConfig)

    def validate(self) -> None:
        super().validate()
        keeps_time_limits = (self.replay_buffer_kwargs or {}).get("handle_timeout_termination", True)
        require(
            not (self.optimize_memory_usage and keeps_time_limits),
            "agent.optimize_memory_usage",
            self.optimize_memory_usage,
            "true only with replay_buffer_kwargs: {handle_timeout_termination: false}, which gives up bootstrapping",
        )
        require(
            self.n_envs == 1 or isinstance(frequency(self.train_freq), int),
            "agent.train_freq",
            self.train_freq,
            f"a number of steps with agent.n_envs={self.n_envs}, whose episodes need not end together",
        )
        require(
            self.buffer_size >= self.n_envs,
            "agent.buffer_size",
            self.buffer_size,
            f"{self.n_envs} or more, a step of every simulator (agent.n_envs)",
        )


def _is_layers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(size, int) and size is not True and size >= 1 for size in value)
