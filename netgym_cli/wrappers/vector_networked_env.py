"""Many copies of a Gymnasium environment at once, whose observations cross a channel each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space

from netgym_cli.channels.base import channel_registry
from netgym_cli.channels.batch import BatchArrivals
from netgym_cli.common.errors import ConfigError
from netgym_cli.simulators.ownership import CopiedWhole
from netgym_cli.wrappers.batch_windows import BatchWindows
from netgym_cli.wrappers.channel_configs import WindowConfig, delivery_of
from netgym_cli.wrappers.seeds import channel_seed
from netgym_cli.wrappers.windows import AGE, MASK, OBSERVATIONS, Windows


class VectorNetworkedEnv(CopiedWhole, VectorWrapper):
    """`NetworkedEnv` for the n copies of a vector environment, a few NumPy calls per step for all of them.

    Copy i sees bit for bit what a `NetworkedEnv` in slot i of a `SyncVectorEnv` would see. `info` has the same keys, as
    arrays of shape `(n,)`: `channel_info` (a dictionary of them), `arrived_this_step`, `delay_ms` (where `_delay_ms`
    tells that something arrived) and `age_ms`. After `reset(seed=s)` copy i has the channel of seed s + i; a copy whose
    episode ended begins the next one in its next step, with what `reset()` of one environment does to the channel.

    Args:
        env: a vector environment with Box observations that resets its copies by itself in the step after an episode's
            last one (`AutoresetMode.NEXT_STEP`, Gymnasium's default).
        config: window and seed and, without `channel_config`, a Gilbert-Elliott channel; as in `NetworkedEnv`, but copy
            i begins with `config.seed + i`.
        channel_config: the channel, as in `NetworkedEnv`: one that can be served in batches (gilbert_elliott, or link
            and the presets on it).
        step_ms: duration of a step, ms; None: the channel's `step_duration_ms`.

    Raises:
        ConfigError: an environment or a channel that cannot be served so, or a value out of range.
    """

    def __init__(
        self,
        env: VectorEnv,
        config: WindowConfig | None = None,
        channel_config: Any = None,
        *,
        step_ms: float | None = None,
    ) -> None:
        super().__init__(env)
        box = _observations(env)
        delivery, self._first_seed = delivery_of(config, channel_config)
        serves = channel_registry.load(delivery.name).batch
        if serves is None:
            raise ConfigError(
                f"channel '{delivery.name}' cannot serve many copies at once; allowed: gilbert_elliott, link and its "
                "presets. Put a NetworkedEnv into each slot of a SyncVectorEnv or AsyncVectorEnv instead."
            )
        self._step_ms = delivery.step_duration_ms if step_ms is None else step_ms
        self.channel = serves(delivery, self._step_ms, env.num_envs)
        windows = Windows(box, delivery.buffer_size, delivery.fill == "hold", delivery.age)
        self._packet_bytes = delivery.packet_size_bytes or windows.data_bytes
        self.single_observation_space = windows.space
        self.observation_space = batch_space(windows.space, env.num_envs)
        self._windows = BatchWindows(box, delivery.buffer_size, env.num_envs, delivery.fill == "hold")
        self._age = delivery.age
        self._rewards = _DeliveredRewards(env.num_envs, delivery.buffer_size) if delivery.reward != REWARD_NOW else None
        self._present = np.ones(env.num_envs, bool)  # of `_key` in info: the copies that `key` holds for, all of them
        self._present.flags.writeable = False
        self._over = np.zeros(env.num_envs, bool)
        self._begin()

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """As the environment's; its observations are the first to cross the channels.

        Args:
            seed: s begins sessions with the seeds s, s + 1, ...; a list holds the seed of each copy.
            options: for the environment.
        """
        if options and "reset_mask" in options:
            raise ConfigError(
                "reset_mask is not supported: a reset is for all copies, and one that is over begins by itself."
            )
        observations, info = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        if "episode_index" in info:
            raise ConfigError("netgym's own environments have sessions: put a NetworkedEnv around each in the vector.")
        self.channel.reset(self._seeds(seed))
        self._first_seed = None
        self._begin()
        self._cross(observations, info)
        return self._observation(), info

    def step(self, actions: Any) -> tuple[dict[str, np.ndarray], Any, Any, Any, dict[str, Any]]:
        """As the environment's."""
        observations, rewards, terminated, truncated, info = self.env.step(actions)
        self._slot += 1
        if len(begun := self._over.nonzero()[0]):
            self._restart(begun)
        self._over = np.logical_or(terminated, truncated)
        if self._rewards:
            self._rewards.earn(rewards)
        self._cross(observations, info)
        if self._rewards:
            rewards = self._rewards.pay(self._slot - self._newest, self._newest >= 0, self._over)
        return self._observation(), rewards, terminated, truncated, info

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int] | None:
        given = self._first_seed if seed is None else seed
        if given is None:
            return None
        each = range(given, given + self.num_envs) if isinstance(given, int | np.integer) else given
        if any(copy_seed is None for copy_seed in each):
            raise ConfigError(f"seed is {seed!r}; allowed: a whole number, one for each copy, or None.")
        return [channel_seed(int(copy_seed)) for copy_seed in each]  # type: ignore[arg-type]

    def _begin(self) -> None:
        self._slot, self._newest = np.zeros(self.num_envs, np.int64), np.full(self.num_envs, -1)
        self._over[:] = False
        everyone = np.arange(self.num_envs)
        self._windows.clear(everyone)
        if self._rewards:
            self._rewards.clear(everyone)

    def _restart(self, which: np.ndarray) -> None:
        self.channel.restart(which)
        self._slot[which], self._newest[which] = 0, -1
        self._windows.clear(which)
        if self._rewards:
            self._rewards.clear(which)

    def _cross(self, observations: np.ndarray, info: dict[str, Any]) -> None:
        """Sends the observations, lets a step pass, and notes what arrived."""
        self._windows.make(observations)
        self.channel.send(self._packet_bytes, self._slot * self._step_ms)
        arrivals = self.channel.advance((self._slot + 1) * self._step_ms)
        ages = self._slot[arrivals.copies] - arrivals.packets  # as many packets as steps, so their numbers agree
        self._windows.show(arrivals.copies, ages)
        np.maximum.at(self._newest, arrivals.copies, arrivals.packets)
        self._age_ms = (self._slot + 1 - np.maximum(self._newest, 0)) * self._step_ms
        self._tell(info, arrivals)

    def _tell(self, info: dict[str, Any], arrivals: BatchArrivals) -> None:
        number = np.bincount(arrivals.copies, minlength=self.num_envs)
        total_ms = np.bincount(arrivals.copies, arrivals.arrived_ms - arrivals.sent_ms, self.num_envs)
        delay_ms = total_ms / np.maximum(number, 1)
        arrived = number > 0
        info["channel_info"], info["_channel_info"] = self.channel.info(), self._present
        info["arrived_this_step"], info["_arrived_this_step"] = arrived, self._present
        info["delay_ms"], info["_delay_ms"] = delay_ms, arrived
        info["age_ms"], info["_age_ms"] = self._age_ms, self._present

    def _observation(self) -> dict[str, np.ndarray]:
        shown, mask = self._windows.read()
        answer = {OBSERVATIONS: shown, MASK: mask}
        if self._age:
            answer[AGE] = self._age_ms[:, None].astype(np.float32)
        return answer


REWARD_NOW = "immediate"


class _DeliveredRewards:
    """The sums of rewards that cross the channels with the observations; see `NetworkedEnv`."""

    def __init__(self, copies: int, size: int) -> None:
        self._all, self._size, self._place = np.arange(copies), size, 0
        self._total, self._paid, self._earned = np.zeros(copies), np.zeros(copies), np.zeros((copies, size))

    def clear(self, which: np.ndarray) -> None:
        self._total[which] = self._paid[which] = 0
        self._earned[which] = 0

    def earn(self, rewards: np.ndarray) -> None:
        """A step begins in all copies; its rewards are those of the environment."""
        self._place = (self._place + 1) % self._size
        self._total += rewards
        self._earned[:, self._place] = self._total

    def pay(self, ages: np.ndarray, any_arrived: np.ndarray, over: np.ndarray) -> np.ndarray:
        """What the agents are told, from the `ages` in steps of the newest arrivals, if any, and whose episode ends."""
        known = self._earned[self._all, (self._place - ages) % self._size]
        due = np.where(over, self._total, np.where(any_arrived & (ages < self._size), known, self._paid))
        rewards, self._paid = due - self._paid, due
        return rewards


def _observations(env: VectorEnv) -> spaces.Box:
    """The space of one copy's observation. Raises `ConfigError` for an environment that cannot be served."""
    box = env.single_observation_space
    if not isinstance(box, spaces.Box):
        raise ConfigError(
            f"the observations are {box}; allowed for a VectorNetworkedEnv: a Box. "
            "Put a NetworkedEnv into each slot of a SyncVectorEnv or AsyncVectorEnv instead."
        )
    mode = env.metadata.get("autoreset_mode")
    if mode != AutoresetMode.NEXT_STEP:
        raise ConfigError(
            f"the autoreset mode of {env} is {mode}; allowed: AutoresetMode.NEXT_STEP, in which each observation "
            "belongs to one step. Make the vector environment with autoreset_mode=AutoresetMode.NEXT_STEP."
        )
    return box
