"""Any Gymnasium environment whose actions cross a channel on their way to the actuator."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs

from netgym_cli.channels.base import Channel, DeliveryConfig
from netgym_cli.common.errors import SessionError
from netgym_cli.config.schema import HOLDS, ChannelConfig, require
from netgym_cli.envs.base import stated_action
from netgym_cli.simulators.ownership import CopiedWhole
from netgym_cli.wrappers.channel_configs import build, described
from netgym_cli.wrappers.channel_kpis import ChannelKpis
from netgym_cli.wrappers.seeds import ACTION_STREAM, channel_seed, session_seed


class ActionChannelEnv(CopiedWhole, gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """The actuator applies the newest action that has arrived, instead of the agent's present one.

    The action of a step is sent at its beginning, and the environment is stepped at its end with the newest action, by
    the time it was chosen, that arrived until then. `info` has `action_channel_info` (see `Channel.info`),
    `action_applied` (whether an action arrived and was applied) and `action_age_ms` (time from the choice of the newest
    action that has arrived, or else from `reset`, to the end of the step). They are among `kpis`, if `info` has any.

    Args:
        env: what acts in the end.
        channel: name, mapping or record of the actions' channel.
        hold: `last`: the actuator holds the last action while none arrives; `default`: it falls back to `default`.
        default: what it does before any action has arrived; None: the environment's default algorithm or, where it has
            none, the middle of a Box and the first choice of another action space.
        step_ms: duration of a step, ms; None: the environment's own or else the channel's `step_duration_ms`.

    Raises:
        ConfigError: a value out of range; it is a `ValueError`.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        channel: Any,
        hold: str = "last",
        default: Any = None,
        step_ms: float | None = None,
    ) -> None:
        RecordConstructorArgs.__init__(self, channel=channel, hold=hold, default=default, step_ms=step_ms)
        super().__init__(env)
        require(hold in HOLDS, "hold", hold, " or ".join(HOLDS))
        config = one_way(described(channel, "channel.action"))
        self.channel: Channel[Any] = build(config, step_ms, env)
        self._packet_bytes = config.packet_size_bytes if isinstance(config, DeliveryConfig) else None
        self._hold, self._default = hold, default_action(env, default)
        self._channel_kpis = ChannelKpis("action")
        self._step_ms = self.channel.step_ms
        self._begin()
        self._step = -1  # nothing can be done before reset

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """As the environment's. No action is under way any more, and the default one is effective.

        Where the episodes of a session share one running network, it, the channel and the actuator run on.
        """
        observation, info = self.env.reset(seed=seed, options=options)
        if not getattr(self.env.unwrapped, "continues", False):
            begun = session_seed(seed, info)
            self.channel.reset(None if begun is None else channel_seed(begun, ACTION_STREAM))
            self._begin()
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """As the environment's, under the action that has arrived.

        Raises:
            SessionError: there was no reset yet.
            SimulatorError: a simulator under the channel failed.
        """
        if self._step < 0:
            raise SessionError("step() before reset().")
        applied = self._cross(action)
        observation, reward, terminated, truncated, info = self.env.step(self._effective_action)
        state = self.channel.info()
        info["action_channel_info"] = state
        info["action_applied"] = applied
        info["action_age_ms"] = (self._step - max(self._newest, 0)) * self._step_ms
        if "kpis" in info:
            info["kpis"] = {**info["kpis"], **self._channel_kpis.kpis(state, age_ms=info["action_age_ms"])}
        return observation, reward, terminated, truncated, info

    @property
    def recoveries(self) -> int:
        """How often a process under a channel died and was replaced; what lies below this wrapper counts for itself."""
        return self.channel.recoveries

    def close(self) -> None:
        self.channel.close()
        super().close()

    def _begin(self) -> None:
        self._step, self._newest = 0, -1
        self._under_way: dict[int, Any] = {}
        self._effective_action = self._default
        self._channel_kpis.begin()

    def _cross(self, action: Any) -> bool:
        """Sends the action, lets a step pass and makes the newest arrived one effective; whether there was one."""
        size = self._packet_bytes or (1 if action is None else max(1, np.asarray(action).nbytes))
        number = self.channel.send(size, self._step * self._step_ms)
        self._under_way[number] = deepcopy(action)  # agents may use their arrays again
        self._step += 1
        arrived = [arrival.packet for arrival in self.channel.advance(self._step * self._step_ms)]
        newest = max(arrived, default=-1)
        applied = newest > self._newest
        if applied:
            self._effective_action, self._newest = self._under_way[newest], newest
        elif self._hold == "default":
            self._effective_action = self._default
        last = number if self.channel.info()["in_flight"] == 0 else self._newest
        while self._under_way and (oldest := next(iter(self._under_way))) <= last:  # can never be effective again
            del self._under_way[oldest]
        return applied


def default_action(env: gymnasium.Env[Any, Any], stated: Any, key: str = "default") -> Any:
    """What the actuator of `env` does without an action. None is the empty action. Raises `ConfigError`."""
    adapter = getattr(env.unwrapped, "adapter", None)
    if stated is None and adapter is not None and adapter.has_default:
        return None
    return stated_action(stated, env.action_space, key)


def one_way(config: ChannelConfig) -> ChannelConfig:
    """`config`, if actions can cross it. Raises `ConfigError` for one with several stations or another way back."""
    require(config.action is None, "channel.action.action", config.action, "null: actions have one channel")
    ports = config.ports if isinstance(config, DeliveryConfig) else 1
    require(ports == 1, "channel.action", config.name, "a channel with one station")
    return config
