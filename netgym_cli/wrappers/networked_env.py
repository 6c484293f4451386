"""Any Gymnasium environment whose observations cross a channel on their way to the agent."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
from gymnasium.utils import RecordConstructorArgs

from netgym_cli.channels.base import Channel
from netgym_cli.common.errors import SessionError
from netgym_cli.config.schema import ChannelConfig
from netgym_cli.simulators.ownership import CopiedWhole
from netgym_cli.wrappers.channel_configs import WindowConfig, build, carried, delivery_of
from netgym_cli.wrappers.channel_kpis import ChannelKpis
from netgym_cli.wrappers.delayed_rewards import DelayedRewards
from netgym_cli.wrappers.delivered_stats import DeliveredStats
from netgym_cli.wrappers.seeds import channel_seed, session_seed
from netgym_cli.wrappers.windows import Windows


class NetworkedEnv(CopiedWhole, gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """The agent sees a window of the observations that arrived, instead of the present one.

    Step t of an episode (0 is the observation of `reset`) fills the time from t to t + 1 step durations. Its
    observation is sent at the beginning, the agent decides at the end, and sees what arrived until then.

    * Index -1 of the window is always the present step, whether it arrived or not; steps before 0 are gaps.
    * An observation stands where it was made, not when it arrived: several that arrive in one step, in whatever order,
      fill a place each. One that is older than the window is counted and not shown. A duplicate changes nothing.
    * `info` has `channel_info` (see `Channel.info`), `arrived_this_step` (whether anything arrived), `delay_ms` (mean
      one-way delay of what arrived in this step; absent if nothing did) and `age_ms` (age of information at the
      step's end: time since the newest observation that arrived was made, or since `reset` while none has). Where
      `info` has `kpis`, the channel's stand among them, beginning with `channel_`.
    * Rules, which read the whole measurement from `info.stats`, get the newest one that arrived, or None.
    * With `reward: with_observation`, each packet carries the sum of all rewards so far: a step's reward is what the
      newest packet adds to it, unless that is older than the window, and an episode's last step pays out the rest, so
      returns stay what they are.
    * `reset(seed=...)` begins a session of the channel, with a seed drawn from it; `reset()` an episode within it.

    Args:
        env: observations are a Box or a Dict of Boxes, of any shapes and dtypes.
        config: window and seed and, without `channel_config`, a Gilbert-Elliott channel; in NetRL's words. A name or
            record of a channel in its place means `channel_config`.
        channel_config: the channel: its name, a record of `channel_config(...)`, or one in NetRL's words.
        channel: a channel of your own, with a `DeliveryConfig`, instead of `channel_config`.
        step_ms: duration of a step, ms; None: the environment's own or else the channel's `step_duration_ms`.

    Attributes:
        observation_space: `Dict(observations: Box(buffer_size, *shape), recv_mask: MultiBinary(buffer_size))`; for a
            Dict one `observations_KEY` per key. With `age`, also `age_ms: Box(0, inf, (1,))`.

    Raises:
        ConfigError: a value out of range, or observations that are neither Box nor Dict of Boxes; it is a `ValueError`.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        config: WindowConfig | ChannelConfig | str | None = None,
        channel_config: Any = None,
        *,
        channel: Channel[Any] | None = None,
        step_ms: float | None = None,
    ) -> None:
        RecordConstructorArgs.__init__(
            self, config=config, channel_config=channel_config, channel=channel, step_ms=step_ms
        )
        super().__init__(env)
        delivery, self._first_seed = delivery_of(config, channel.config if channel else channel_config)
        self._windows = Windows(env.observation_space, delivery.buffer_size, delivery.fill == "hold", delivery.age)
        self.observation_space = self._windows.space
        self._packet_bytes = delivery.packet_size_bytes or self._windows.data_bytes
        self.channel = channel or build(delivery, step_ms, env)
        carried(self.channel, self._packet_bytes, "channel.packet_size_bytes")
        self._step_ms = self.channel.step_ms
        self._delayed_rewards = DelayedRewards(delivery.buffer_size) if delivery.reward == "with_observation" else None
        self._delivered_stats = DeliveredStats()
        self._channel_kpis = ChannelKpis("channel")
        self._begin()
        self._slot = -1  # nothing can be done before reset

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """As the environment's; its observation is the first to cross the channel.

        Where the episodes of a session share one running network, it and the channel run on: nothing is sent.
        """
        observation, info = self.env.reset(seed=seed, options=options)
        if getattr(self.env.unwrapped, "continues", False):
            self._tell(info, 0, 0.0)
        else:
            self._restart(session_seed(seed, info))
            self._windows.begin(observation)
            self._cross(info, self._packet_bytes)
        return self._windows.read(info["age_ms"]), info

    def step(self, action: Any, packet_size: int | None = None) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """As the environment's.

        Args:
            action: for the environment.
            packet_size: bytes of this step's packet; None: `packet_size_bytes` of the channel or, where that is null,
                the size of the observation.

        Raises:
            ConfigError: the channel cannot carry such a packet; nothing was done.
            SessionError: there was no reset yet.
            SimulatorError: a simulator under the channel failed.
        """
        if self._slot < 0:
            raise SessionError("step() before reset().")
        size = self._packet_bytes if packet_size is None else carried(self.channel, packet_size)
        observation, gained, terminated, truncated, info = self.env.step(action)
        reward = float(gained)
        self._slot += 1
        self._windows.move_on(observation)
        if self._delayed_rewards is not None:
            self._delayed_rewards.earn(reward)
        self._cross(info, size)
        if self._delayed_rewards is not None:
            reward = self._delayed_rewards.pay(self._newest, terminated or truncated)
        return self._windows.read(info["age_ms"]), reward, terminated, truncated, info

    @property
    def recoveries(self) -> int:
        """How often a process under a channel died and was replaced; what lies below this wrapper counts for itself."""
        return self.channel.recoveries

    def close(self) -> None:
        self.channel.close()
        super().close()

    def _restart(self, seed: int | None) -> None:
        if seed is None:
            seed = self._first_seed
        self._first_seed = None
        self.channel.reset(None if seed is None else channel_seed(seed))
        self._begin()

    def _begin(self) -> None:
        self._slot, self._newest = 0, -1
        self._channel_kpis.begin()
        self._delivered_stats.begin()
        if self._delayed_rewards is not None:
            self._delayed_rewards.begin()

    def _cross(self, info: dict[str, Any], packet_bytes: int) -> None:
        """Sends the present observation, lets a step pass, and notes what arrived."""
        slot, step_ms = self._slot, self._step_ms
        plain = type(info) is dict
        if not plain:
            self._delivered_stats.make(slot, info)
        self.channel.send(packet_bytes, slot * step_ms)
        arrivals = self.channel.advance((slot + 1) * step_ms)
        delays_ms = 0.0
        for sent, sent_ms, arrived_ms, _ in arrivals:  # as many packets as steps, so their numbers agree
            self._windows.show(sent)
            delays_ms += arrived_ms - sent_ms
            if sent > self._newest:
                self._newest = sent
                if not plain:
                    self._delivered_stats.show(sent, slot)
        self._tell(info, len(arrivals), delays_ms)

    def _tell(self, info: dict[str, Any], arrivals: int, delays_ms: float) -> None:
        info["channel_info"] = state = self.channel.info()
        info["arrived_this_step"] = arrivals > 0
        since = self._newest if self._newest > 0 else 0
        info["age_ms"] = age_ms = (self._slot + 1 - since) * self._step_ms
        if arrivals:
            info["delay_ms"] = delays_ms / arrivals
        if "kpis" in info and self._slot:  # what `reset` sent belongs to the first step, the first row of the tables
            delay_ms = info.get("delay_ms", math.nan)
            info["kpis"] = {**info["kpis"], **self._channel_kpis.kpis(state, delay_ms=delay_ms, age_ms=age_ms)}
        if type(info) is not dict:
            self._delivered_stats.put(info)
