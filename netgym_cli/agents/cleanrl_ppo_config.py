"""The config record of cleanrl_ppo, apart from it so that its file is about the algorithm."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING

from netgym_cli.agents.sb3.config import ACTIONS, USER_POLICIES
from netgym_cli.config.effect import read_if
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import ParallelAgentConfig, require


@dataclass
class CleanrlPpoConfig(ParallelAgentConfig):
    """Keys of conf/agent/cleanrl_ppo.yaml."""

    policy: str = one_of("auto", *USER_POLICIES, default="auto")
    action: str = one_of(*ACTIONS, default="box")
    normalize_observation: bool = MISSING
    normalize_reward: bool = MISSING
    clip_observation: float = read_if("normalize_observation", True, of=ranged(above=0, high=10**9))
    min_deviation: float = read_if("normalize_observation", True, of=ranged(0, default=0.0, note="0: none"))
    clip_reward: float = read_if("normalize_reward", True, of=ranged(above=0, high=10**9))
    torch_threads: int = ranged(1, 10**9)
    hidden: list[int] = ranged(1)
    log_std_init: float = MISSING
    learning_rate: float = ranged(0, 10**9)
    anneal_lr: bool = MISSING
    n_steps: int = ranged(1, 10**9)
    batch_size: int = ranged(2)
    n_epochs: int = ranged(1, 10**9)
    clip_range: float = ranged(above=0, high=10**9)
    target_kl: float | None = ranged(above=0, null="no limit")
    gamma: float = ranged(0, 1)
    gae_lambda: float = ranged(0, 1)
    normalize_advantage: bool = MISSING
    ent_coef: float = ranged(0, 10**9)
    vf_coef: float = ranged(0, 10**9)
    max_grad_norm: float = ranged(above=0, high=10**9)

    def validate(self) -> None:
        super().validate()
        steps = self.n_steps * self.n_envs
        require(
            steps % self.batch_size == 0,
            "agent.batch_size",
            self.batch_size,
            f"a divisor of n_steps x n_envs ({steps})",
        )
