"""Any Gymnasium environment whose observations cross a channel on their way to the agent."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
from gymnasium.utils import RecordConstructorArgs

from netgym_cli.channels import Arrival, Channel
from netgym_cli.networked.ledger import Ledger
from netgym_cli.networked.netrl import NetworkConfig, delivery_of
from netgym_cli.networked.records import build
from netgym_cli.networked.seeds import channel_seed, session_seed
from netgym_cli.networked.windows import Windows


class NetworkedEnv(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """The agent sees a window of the observations that arrived, instead of the present one.

    Step t of an episode (0 is the observation of `reset`) fills the time from t to t + 1 step durations. Its
    observation is sent at the beginning, the agent decides at the end, and sees what arrived until then.

    * Index -1 of the window is always the present step, whether it arrived or not; steps before 0 are gaps.
    * An observation stands where it was made, not when it arrived: several that arrive in one step, in whatever order,
      fill a place each. One that is older than the window is counted and not shown. A duplicate changes nothing.
    * `info` has `channel_info` (see `Channel.info`), `arrived_this_step` (whether anything arrived), `delay_ms` (mean
      one-way delay of what arrived in this step; absent if nothing did) and `age_ms` (age of information: time since
      the newest observation that arrived was made; counted from a step before `reset` while none has). Where `info`
      has `kpis`, the channel's stand among them, beginning with `channel_`.
    * Rules, which read the whole measurement from `info.stats`, get the newest one that arrived, or None.
    * With `reward: with_observation`, each packet carries the sum of all rewards so far: a step's reward is what the
      newest packet adds to it, and an episode's last step pays out the rest, so returns stay what they are.
    * `reset(seed=...)` begins a session of the channel, with a seed drawn from it; `reset()` an episode within it.

    Args:
        env: observations are a Box or a Dict of Boxes, of any shapes and dtypes.
        config: window and seed and, without `channel_config`, a Gilbert-Elliott channel; in NetRL's words.
        channel_config: the channel: a record of `channel_config(...)`, or one in NetRL's words.
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
        config: NetworkConfig | None = None,
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
        self._with_observation = delivery.reward == "with_observation"
        self.channel = channel or build(delivery, step_ms or getattr(env.unwrapped, "step_ms", 0) or None)
        self._step_ms = self.channel.step_ms
        self._earned = [0.0] * delivery.buffer_size  # the sum of the rewards until each step of the window
        self._measured: list[Any] = [None] * delivery.buffer_size
        self._ledger = Ledger("channel")
        self._begin()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """As the environment's; its observation is the first to cross the channel.

        Where the episodes of a session share one running network, it and the channel run on: nothing is sent.
        """
        observation, info = self.env.reset(seed=seed, options=options)
        if getattr(self.env.unwrapped, "continues", False):
            self._tell(info, [])
        else:
            self._restart(session_seed(seed, info))
            self._cross(observation, info, self._packet_bytes)
        return self._windows.read(self._slot, self._age_ms()), info

    def step(self, action: Any, packet_size: int | None = None) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """As the environment's.

        Args:
            action: for the environment.
            packet_size: bytes of this step's packet; None: `packet_size_bytes` of the channel or, where that is null,
                the size of the observation.

        Raises:
            ConfigError: the channel cannot carry such a packet.
            SimulatorError: a simulator under the channel failed.
        """
        observation, gained, terminated, truncated, info = self.env.step(action)
        reward = float(gained)
        self._slot += 1
        if self._with_observation:
            self._total += reward
            self._earned[self._slot % len(self._earned)] = self._total
        self._cross(observation, info, self._packet_bytes if packet_size is None else packet_size)
        if self._with_observation:
            reward = self._pay(terminated or truncated)
        return self._windows.read(self._slot, self._age_ms()), reward, terminated, truncated, info

    def close(self) -> None:
        self.channel.close()
        super().close()

    def _restart(self, seed: int | None) -> None:
        if seed is None:
            seed = self._first_seed
        self._first_seed = None
        self.channel.reset(None if seed is None else channel_seed(seed))
        self._windows.clear()
        self._begin()

    def _begin(self) -> None:
        self._slot, self._newest = 0, -1
        self._total = self._paid = self._earned[0] = 0.0
        self._known: Any = None  # the measurement that arrived with the newest observation
        self._ledger.begin()

    def _cross(self, observation: Any, info: dict[str, Any], packet_bytes: int) -> None:
        """Sends the observation, lets a step pass, and notes what arrived."""
        slot, windows = self._slot, self._windows
        windows.make(slot, observation)
        if measured := hasattr(info, "stats"):
            self._measured[slot % len(self._measured)] = info.stats
        self.channel.send(packet_bytes, slot * self._step_ms)
        arrivals = self.channel.advance((slot + 1) * self._step_ms)
        for arrival in arrivals:
            sent = arrival.packet  # as many packets as steps, so their numbers agree
            windows.show(sent, slot)
            if sent > self._newest:
                self._newest = sent
                if measured and slot - sent < len(self._measured):
                    self._known = self._measured[sent % len(self._measured)]
        self._tell(info, arrivals)

    def _tell(self, info: dict[str, Any], arrivals: list[Arrival]) -> None:
        info["channel_info"] = state = self.channel.info()
        info["arrived_this_step"] = bool(arrivals)
        delay_ms = math.nan
        if arrivals:
            info["delay_ms"] = delay_ms = sum([one.arrived_ms - one.sent_ms for one in arrivals]) / len(arrivals)
        info["age_ms"] = age_ms = self._age_ms()
        if "kpis" in info:
            info["kpis"] = {**info["kpis"], **self._ledger.kpis(state, delay_ms=delay_ms, age_ms=age_ms)}
        if hasattr(info, "stats"):
            info.stats = self._known

    def _age_ms(self) -> float:
        return (self._slot - self._newest) * self._step_ms

    def _pay(self, over: bool) -> float:
        if over:
            due = self._total
        elif self._slot - self._newest < len(self._earned) and self._newest >= 0:
            due = self._earned[self._newest % len(self._earned)]
        else:
            return 0.0
        reward, self._paid = due - self._paid, due
        return reward
