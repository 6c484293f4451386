"""Several observers of one environment, each with a view of its own that crosses a channel to the agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs

from netgym_cli.channels.base import Channel, DeliveryConfig
from netgym_cli.common.errors import SessionError
from netgym_cli.config.schema import require
from netgym_cli.simulators.ownership import CopiedWhole
from netgym_cli.wrappers.channel_configs import WindowConfig, build, carried, delivery_of
from netgym_cli.wrappers.channel_kpis import ChannelKpis
from netgym_cli.wrappers.delivered_stats import DeliveredStats
from netgym_cli.wrappers.multi_view_model import MultiViewModel
from netgym_cli.wrappers.seeds import OBSERVATION_STREAM, channel_seed, session_seed
from netgym_cli.wrappers.windows import Windows


class MultiViewEnv(CopiedWhole, gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Windows, times and seeds are those of `NetworkedEnv`, one window per observer.

    `info` has `channel_info`, `arrived_this_step` and `transmitted_this_step`, each by observer; where `info` has
    `kpis`, those of all channels together stand among them.

    Args:
        env: the environment.
        model: what each observer sees.
        channel_config: a channel with a port for each observer (they share its medium), a channel with one port (each
            observer gets one of its own), or a mapping from observers to channels; records or NetRL's words.
        config: window and seed in NetRL's words and, without `channel_config`, a Gilbert-Elliott channel per observer.
        step_ms: duration of a step, ms; None: the environment's own or else the channel's `step_duration_ms`.
        nested: whether an observer's entries are a Dict of their own; else they are named `OBSERVER_observations`, ...

    Attributes:
        channels: every channel, each once.

    Raises:
        ConfigError: a value out of range, or a number of ports that does not fit; it is a `ValueError`.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        model: MultiViewModel,
        channel_config: Any = None,
        config: WindowConfig | None = None,
        *,
        step_ms: float | None = None,
        nested: bool = True,
    ) -> None:
        RecordConstructorArgs.__init__(
            self, model=model, channel_config=channel_config, config=config, step_ms=step_ms, nested=nested
        )
        super().__init__(env)
        self.model, self.observer_ids, self._nested = model, list(model.observer_ids), nested
        given = (
            channel_config if isinstance(channel_config, Mapping) else dict.fromkeys(self.observer_ids, channel_config)
        )
        require(
            set(given) == set(self.observer_ids), "channel_config", list(given), f"a channel for {self.observer_ids}"
        )
        described = {name: delivery_of(config, given[name]) for name in self.observer_ids}
        records: dict[str, DeliveryConfig] = {name: record for name, (record, _) in described.items()}
        self._first_seed = next(iter(described.values()))[1]
        self.channels: list[Channel[Any]] = []
        self._links = self._connect(records, step_ms, shared=not isinstance(channel_config, Mapping))
        self._owners = {link: name for name, link in self._links.items()}
        self._step_ms = self.channels[0].step_ms
        require(
            all(channel.step_ms == self._step_ms for channel in self.channels),
            "step_duration_ms",
            [channel.step_ms for channel in self.channels],
            "the same for all channels",
        )
        for record in records.values():
            require(record.reward == "immediate", "channel.reward", record.reward, "immediate, with several observers")
        self._windows = {name: windows_of(model, name, record) for name, record in records.items()}
        self._bytes = {
            name: record.packet_size_bytes or self._windows[name].data_bytes for name, record in records.items()
        }
        for name, (index, _) in self._links.items():
            carried(self.channels[index], self._bytes[name], "channel.packet_size_bytes")
        self.observation_space = views_space(self._windows, nested)
        self._delivered_stats = DeliveredStats()
        self._channel_kpis = ChannelKpis("channel")
        self._begin()
        self._slot = -1  # nothing can be done before reset

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """As the environment's; the views of its observation are the first to cross the channels."""
        observation, info = self.env.reset(seed=seed, options=options)
        if getattr(self.env.unwrapped, "continues", False):
            self._tell(info, set(), set(), [])
        else:
            self._restart(session_seed(seed, info))
            for name, view in self.model.observe(self.env, observation).items():
                self._windows[name].begin(view)
            self._cross(info, {}, {})
        return self._read(), info

    def step(
        self,
        action: Any,
        *,
        transmit_mask: Mapping[str, bool] | None = None,
        packet_sizes: Mapping[str, int] | None = None,
    ) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """As the environment's.

        Args:
            action: for the environment.
            transmit_mask: false for observers that stay silent in this step; the others send.
            packet_sizes: bytes of observers' packets, where they differ from the channel's or the data's.

        Raises:
            ConfigError: an unknown observer, or a packet that the channel cannot carry; nothing was done.
            SessionError: there was no reset yet.
            SimulatorError: a simulator under a channel failed.
        """
        if self._slot < 0:
            raise SessionError("step() before reset().")
        for name in {**(transmit_mask or {}), **(packet_sizes or {})}:
            require(name in self._links, "observer", name, ", ".join(self.observer_ids))
        for name, size in (packet_sizes or {}).items():
            carried(self.channels[self._links[name][0]], size, f"packet_sizes[{name!r}]")
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._slot += 1
        for name, view in self.model.observe(self.env, observation).items():
            self._windows[name].move_on(view)
        self._cross(info, transmit_mask or {}, packet_sizes or {})
        return self._read(), reward, terminated, truncated, info

    @property
    def recoveries(self) -> int:
        """How often a process under a channel died and was replaced; what lies below this wrapper counts for itself."""
        return sum(channel.recoveries for channel in self.channels)

    def close(self) -> None:
        for channel in self.channels:
            channel.close()
        super().close()

    def _connect(
        self, records: Mapping[str, DeliveryConfig], step_ms: float | None, shared: bool
    ) -> dict[str, tuple[int, int]]:
        """Builds the channels; the index of each observer's and its port there."""
        first = build(next(iter(records.values())), step_ms, self.env)
        if shared and first.ports > 1:
            require(
                first.ports == len(records), "observers", len(records), f"{first.ports}, the stations of the channel"
            )
            self.channels = [first]
            return {name: (0, port) for port, name in enumerate(records)}
        self.channels = [build(record, step_ms, self.env) for record in records.values()]
        return {name: (index, 0) for index, name in enumerate(records)}

    def _restart(self, seed: int | None) -> None:
        if seed is None:
            seed = self._first_seed
        self._first_seed = None
        for index, channel in enumerate(self.channels):
            channel.reset(None if seed is None else channel_seed(seed, OBSERVATION_STREAM + index))
        self._begin()

    def _begin(self) -> None:
        self._slot = 0
        self._newest = dict.fromkeys(self.observer_ids, -1)
        self._delivered_stats.begin()
        self._channel_kpis.begin()

    def _cross(self, info: dict[str, Any], mask: Mapping[str, bool], sizes: Mapping[str, int]) -> None:
        """Sends the views, lets a step pass, and notes what arrived."""
        self._delivered_stats.make(self._slot, info)
        sent, arrived, delays = set(), set(), []
        for name in self.observer_ids:
            if mask.get(name, True):
                index, port = self._links[name]
                self.channels[index].send(sizes.get(name, self._bytes[name]), self._slot * self._step_ms, port)
                sent.add(name)
        for index, channel in enumerate(self.channels):
            for arrival in channel.advance((self._slot + 1) * self._step_ms):
                name, slot = self._owners[index, arrival.port], round(arrival.sent_ms / self._step_ms)
                self._windows[name].show(slot)
                if slot > max(self._newest.values()):
                    self._delivered_stats.show(slot, self._slot)
                self._newest[name] = max(slot, self._newest[name])
                arrived.add(name)
                delays.append(arrival.arrived_ms - arrival.sent_ms)
        self._tell(info, sent, arrived, delays)

    def _tell(self, info: dict[str, Any], sent: set[str], arrived: set[str], delays: list[float]) -> None:
        states = [channel.info() for channel in self.channels]
        info["channel_info"] = {name: states[self._links[name][0]] for name in self.observer_ids}
        info["arrived_this_step"] = {name: name in arrived for name in self.observer_ids}
        info["transmitted_this_step"] = {name: name in sent for name in self.observer_ids}
        self._delivered_stats.put(info)
        if "kpis" in info and self._slot:
            whole = {key: sum(state[key] for state in states) for key in ("sent", "arrived", "lost", "queue_bytes")}
            delay_ms = float(np.mean(delays)) if delays else np.nan
            age_ms = float(np.mean([self._age_ms(name) for name in self.observer_ids]))
            info["kpis"] = {**info["kpis"], **self._channel_kpis.kpis(whole, delay_ms=delay_ms, age_ms=age_ms)}

    def _age_ms(self, name: str) -> float:
        return (self._slot + 1 - max(self._newest[name], 0)) * self._step_ms

    def _read(self) -> dict[str, Any]:
        return _named({k: w.read(self._age_ms(k)) for k, w in self._windows.items()}, self._nested)


def windows_of(model: MultiViewModel, observer: str, record: DeliveryConfig) -> Windows:
    """The window through which the agent sees an observer's view. Raises `ConfigError` for a view that has none."""
    return Windows(model.spaces[observer], record.buffer_size, record.fill == "hold", record.age)


def views_space(windows: Mapping[str, Windows], nested: bool) -> spaces.Dict:
    """The space of all windows together, by observer."""
    named = _named({name: window.space.spaces for name, window in windows.items()}, nested)
    return spaces.Dict({key: spaces.Dict(space) if nested else space for key, space in named.items()})


def _named(entries: Mapping[str, Mapping[str, Any]], nested: bool) -> dict[str, Any]:
    if nested:
        return {name: dict(inner) for name, inner in entries.items()}
    return {f"{name}_{key}": value for name, inner in entries.items() for key, value in inner.items()}
