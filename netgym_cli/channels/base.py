"""A channel is a simulated one-way network path: packets of so many bytes go in, and some of them come out later.

It carries sizes and times, never contents; `netgym_cli.wrappers` puts it between an agent and its environment.

To add a channel: one module in builtin/ whose name is the channel's, with one `Channel` subclass and its config record,
and one YAML file of the same name in conf/channel/.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from omegaconf import MISSING

from netgym_cli.common.contracts import Part, record, takes, text_or_none
from netgym_cli.common.registry import Registry
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import ChannelConfig

if TYPE_CHECKING:
    from netgym_cli.channels.batch import BatchChannel

FILLS = ("zero", "hold")
REWARDS = ("immediate", "with_observation")
DATA_SIZE = "the data's size"  # what no packet size stands for


class Arrival(NamedTuple):
    """A packet that came out of a channel.

    Attributes:
        packet: its number: packets of a port are counted from 0 since the last reset.
        sent_ms, arrived_ms: when it went in and came out, ms since the last reset.
        port: the port (station) it was sent from.
    """

    packet: int
    sent_ms: float
    arrived_ms: float
    port: int = 0


@dataclass
class DeliveryConfig(ChannelConfig):
    """Keys of every channel that observations cross; conf/window.yaml has their defaults and meanings."""

    buffer_size: int = ranged(1, 10_000)
    fill: str = one_of(*FILLS)
    age: bool = MISSING
    reward: str = one_of(*REWARDS)
    packet_size_bytes: int | None = ranged(1, null=DATA_SIZE)
    step_duration_ms: float = ranged(above=0, high=1e6)

    @property
    def ports(self) -> int:
        """Stations that send through the channel; with several, each observer of an environment has one."""
        return 1


C = TypeVar("C", bound=ChannelConfig)


class Channel(ABC, Generic[C]):
    """One path, or several that share a medium, each from a port of its own.

    Time is in ms since the last reset. Packets of a port are sent in order of time; `advance` then tells what came out.
    At all times sent = arrived + lost + in flight; a duplicate counts in none of them.

    Args:
        config: the channel's record, validated.
        step_ms: duration of one environment step, ms; for channels that think in steps or simulate step by step.

    Attributes:
        config_schema: the dataclass of the channel's YAML file.
        simulator: name of the simulator that it needs (see `netgym_cli.simulators.base`); None: needs none. Such a
            channel takes the simulator's settings, a `SimulatorConfig` or None, as a third argument.
        batch: what serves many copies of it at once with NumPy; None: nothing does.
        ports: number of stations that can send.
        recoveries: how often a process under it died and was replaced, since it was made.
    """

    member_contract: ClassVar[dict[str, Part]] = {
        "config_schema": Part(
            record, "`config_schema = MyConfig`, a @dataclass that extends netgym_cli.channels.base.DeliveryConfig"
        ),
        "simulator": Part(text_or_none, '`simulator = "ns3"`'),
        "reset": Part(takes(None), "`def reset(self, seed=None)`", optional=True),
    }
    config_schema: ClassVar[type[ChannelConfig]]
    simulator: ClassVar[str | None] = None
    batch: ClassVar[type[BatchChannel[Any]] | None] = None
    ports: int = 1
    recoveries: int = 0

    def __init__(self, config: C, step_ms: float) -> None:
        self.config, self.step_ms = config, step_ms

    @property
    def largest_payload_bytes(self) -> float:
        """Largest payload of a packet; infinite unless overridden."""
        return math.inf

    @abstractmethod
    def reset(self, seed: int | None = None) -> None:
        """Empties the channel and begins at time 0, in the start state.

        Args:
            seed: begins a session: equal seeds give equal arrivals to equal packets, bit for bit, and what the config
                gives as a range is drawn anew. None: an episode within the session; the random stream goes on, and
                what was drawn stays. The first reset without a seed takes one from the operating system.
        """

    @abstractmethod
    def send(self, payload_bytes: int, now_ms: float, port: int = 0) -> int:
        """Puts a packet of `payload_bytes` into the channel at `now_ms`; returns its number.

        Raises `ConfigError` (a `ValueError`) for a size that the channel cannot carry.
        """

    @abstractmethod
    def advance(self, to_ms: float) -> list[Arrival]:
        """What arrived before `to_ms` and was not told yet, in order of arrival; possibly with duplicates.

        Raises `SimulatorError` if a simulator under the channel failed.
        """

    @abstractmethod
    def info(self) -> dict[str, Any]:
        """State and counters since the last reset, always with these keys.

        `state` (str), `sent`, `arrived`, `lost`, `in_flight`, `duplicates` (packets of all ports) and `queue_bytes`
        (bytes that wait to be sent).
        """

    def close(self) -> None:
        """Releases what the channel holds; harmless when called twice."""


channel_registry: Registry[Channel[Any]] = Registry("channel", "netgym_cli.channels.builtin", Channel)
