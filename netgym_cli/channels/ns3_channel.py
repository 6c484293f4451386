"""What the channels on ns-3 share: packets cross in a worker process, and their books are kept here."""

from __future__ import annotations

import secrets
from abc import abstractmethod
from dataclasses import fields
from typing import Any, ClassVar, NoReturn, TypeVar

import numpy as np

from netgym_cli.channels.base import Arrival, Channel, DeliveryConfig
from netgym_cli.channels.fragments import Fragments
from netgym_cli.channels.run_ahead import Event, Packet, RunAhead, nanoseconds
from netgym_cli.config.schema import SimulatorConfig, plain, require
from netgym_cli.simulators.builtin.ns3 import Ns3Simulator
from netgym_cli.simulators.ns3.config import Ns3Config
from netgym_cli.simulators.ownership import refuse_copy, refuse_shallow_copy
from netgym_cli.simulators.selection import default_settings, settings_of

ARRIVED = 0  # the fate of a packet in the worker's report; any other is a loss

C = TypeVar("C", bound=DeliveryConfig)


class Ns3Channel(Channel[C]):
    """Packets that cross a network of ns-3, one scenario per channel.

    Time is kept in whole ns. The network of a step is simulated to its end with the packets put in before; while they
    repeat, it runs ahead in the worker process (see `RunAhead`), which changes nothing in the result.

    `queue_bytes` is the payload of all packets in flight: those that wait and those on the air.

    Args:
        config, step_ms: as in `Channel`.
        simulator: the run's simulator; if that is ns-3, it tells the ns-3 to use, but for its hosts: a channel is
            asked many times in a step, so it stays here. None: as conf/simulator/ns3.yaml.
        run_ahead: False simulates each step only when it is asked for.

    Attributes:
        scenario: name of the C++ scenario.
        state: what `info()` calls the channel.
        max_payload_bytes: largest payload that a packet can carry, the 28 bytes of the UDP and IP headers aside.
        frame_payload_bytes: largest one that is not cut into IP fragments; None: nothing is ever cut.
    """

    simulator = "ns3"
    scenario: ClassVar[str]
    state: ClassVar[str]
    max_payload_bytes: ClassVar[int]
    frame_payload_bytes: ClassVar[int | None] = None

    def __init__(
        self, config: C, step_ms: float, simulator: SimulatorConfig | None = None, run_ahead: bool = True
    ) -> None:
        super().__init__(config, step_ms)
        require(1e-3 <= step_ms <= 1e6, "step_ms", step_ms, "0.001 to 1000000 ms")
        settings = settings_of(self.simulator, simulator).here() if simulator else default_settings(self.simulator)
        assert isinstance(settings, Ns3Config)
        self._process = Ns3Simulator(settings)
        self._network = RunAhead(self._process, self.scenario, self.settings(), step_ms, run_ahead)
        self._session_seed: int | None = None
        self._episode = 0

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What the C++ scenario reads, as plain nested values."""

    @property
    def lifetime_ms(self) -> float | None:
        """A packet that has not arrived by then is lost, ms; None: the scenario tells every loss itself.

        With a lifetime, packets of a port are in order: those that an arrival has overtaken are lost too.
        """
        return None

    @property
    def largest_payload_bytes(self) -> float:
        return self.max_payload_bytes

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None when there is none."""
        return self._process.pid

    @property
    def recoveries(self) -> int:  # type: ignore[override]
        """How often the worker died and was replaced."""
        return self._process.recoveries

    def reset(self, seed: int | None = None) -> None:
        """As `Channel.reset`. An episode's network is built anew from the session's seed and the episode's number.

        Raises:
            ConfigError: a negative seed.
            SimulatorError: the worker could not be started. A worker that is there is not waited for: what fails in
                it is told by the next `advance`.
        """
        self._process.require_owner()
        require(seed is None or seed >= 0, "seed", seed, "0 or more, or None")
        session = seed is not None or self._session_seed is None
        if session:
            self._session_seed, self._episode = secrets.randbits(64) if seed is None else int(seed), 0
        else:
            self._episode += 1
        self._next = [0] * self.ports
        self._fragments = Fragments(self.ports, self.frame_payload_bytes) if self.frame_payload_bytes else None
        self._open: list[dict[int, tuple[float, int, int]]] = [{} for _ in range(self.ports)]
        self._packets: list[Packet] = []
        self._now_ns = 0
        self._arrived = self._lost = self._duplicates = self._open_bytes = 0
        assert self._session_seed is not None
        source = np.random.SeedSequence((self._session_seed, self._episode))
        self._network.restart(int(source.generate_state(1, np.uint64)[0] >> np.uint64(1)), session)

    def send(self, payload_bytes: int, now_ms: float, port: int = 0) -> int:
        """As `Channel.send`. Raises `ValueError` for a time that has been simulated already."""
        self._process.require_owner()
        most = self.max_payload_bytes
        require(1 <= payload_bytes <= most, "payload_bytes", payload_bytes, f"1 to {most} on {self.config.name}")
        require(0 <= port < self.ports, "port", port, f"0 to {self.ports - 1}")
        at_ns = nanoseconds(now_ms)
        if at_ns < self._now_ns:
            raise ValueError(f"now_ms is {now_ms!r}; the channel is at {self._now_ns / 1e6!r} ms already.")
        number = self._next[port]
        self._next[port] = number + 1
        self._open[port][number] = (now_ms, at_ns, payload_bytes)
        self._open_bytes += payload_bytes
        frames = [payload_bytes] if self._fragments is None else self._fragments.split(port, number, payload_bytes)
        self._packets += [(port, int(size), at_ns) for size in frames]
        return number

    def advance(self, to_ms: float) -> list[Arrival]:
        self._process.require_owner()  # before packets that have arrived ahead of their time are told
        to_ns = nanoseconds(to_ms)
        if to_ns > self._now_ns:
            self._network.advance(self._packets, to_ns)
            self._packets, self._now_ns = [], to_ns
        arrivals: list[Arrival] = []
        events = self._network.events
        while events and events[0][2] < to_ns:
            self._settle(events.popleft(), arrivals)
        if self.lifetime_ms is not None:
            self._expire(to_ns)
        return arrivals

    def info(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "sent": sum(self._next),
            "arrived": self._arrived,
            "lost": self._lost,
            "in_flight": sum(map(len, self._open)),
            "duplicates": self._duplicates,
            "queue_bytes": self._open_bytes,
        }

    def close(self) -> None:
        self._process.close()

    def __copy__(self) -> NoReturn:
        refuse_shallow_copy(f"the channel {self.config.name}")

    def __getstate__(self) -> dict[str, Any]:
        if self._process.running:
            refuse_copy(f"the channel {self.config.name}")
        return self.__dict__

    def _settle(self, event: Event, arrivals: list[Arrival]) -> None:
        port, number, at_ns, fate = int(event[0]), int(event[1]), event[2], event[3]
        if self._fragments is not None:
            whole = self._fragments.settle(port, number, fate == ARRIVED)
            if whole is None:
                return
            number = whole
        waiting = self._open[port]
        if number not in waiting:  # settled before: given up after it had arrived, or late, or a second copy
            self._duplicates += fate == ARRIVED and self.lifetime_ms is None
            return
        now_ms, sent_ns, size = waiting[number]
        if fate != ARRIVED or (self.lifetime_ms is not None and at_ns - sent_ns > self.lifetime_ms * 1e6):
            self._lose(port, number)
            return
        del waiting[number]
        self._open_bytes -= size
        self._arrived += 1
        arrivals.append(Arrival(number, now_ms, at_ns / 1e6, port))
        while self.lifetime_ms is not None and waiting and (oldest := next(iter(waiting))) < number:
            self._lose(port, oldest)

    def _expire(self, to_ns: int) -> None:
        assert self.lifetime_ms is not None
        for port, waiting in enumerate(self._open):
            while waiting and waiting[oldest := next(iter(waiting))][1] + self.lifetime_ms * 1e6 < to_ns:
                self._lose(port, oldest)

    def _lose(self, port: int, number: int) -> None:
        self._open_bytes -= self._open[port].pop(number)[2]
        self._lost += 1


def own_settings(config: DeliveryConfig, kind: type[DeliveryConfig]) -> dict[str, Any]:
    """The values of the keys that `kind` adds to those of every channel."""
    common, values = {field.name for field in fields(DeliveryConfig)}, plain(config)
    return {name: values[name] for name in kind.__annotations__ if name not in common}
