"""A session of distributed training: one drawn network with its nodes, and trainings on it, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np

from netgym_cli.config.schema import typed
from netgym_cli.federation.federation import Federation, Progress
from netgym_cli.federation.speeds import ComputeKeys, Speeds
from netgym_cli.federation.strategy import strategy_registry
from netgym_cli.federation.workload import workload_registry
from netgym_cli.messages.collective import collective_registry
from netgym_cli.messages.link import LinkKeys, draw_links
from netgym_cli.messages.network import Network, network_registry
from netgym_cli.messages.topology import topology_registry
from netgym_cli.simulators.federation.clock import Clock, RoundTimes
from netgym_cli.simulators.stats import Layout, Row, Stats

log = logging.getLogger(__name__)
BYTES = {"float32": 4, "float64": 8}  # of a number on the wire


class Draws(IntEnum):
    """What a session's seed is used for, each with a stream of its own, so that none changes with another."""

    DATA = 1
    LINKS = 2
    SPEEDS = 3
    LOSSES = 4
    TRAININGS = 5


class Session:
    """Nodes, their data and their network.

    Args:
        settings: the environment's config as plain values, the link with all its keys.
        seed: of the session.

    Attributes:
        clock: the virtual time.
    """

    def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
        self._settings, self._seed, self._nodes = settings, seed, int(settings["nodes"])
        self._build_training()
        self._build_network()
        self._episode, self._events = -1, 0
        self.layout = self._layout()

    def begin_episode(self) -> Stats:
        """Begins a training; what is measured of it before the first round."""
        self._episode += 1
        self._rounds = self._examples = 0
        self._progress = self._federation.begin(self._episode)
        self._speeds.begin((self._seed, Draws.TRAININGS, self._episode))
        self.clock.together()
        self._began_s = self.clock.now_s
        return self._stats(self._progress, None, 0, np.zeros(self._nodes))

    def round(self, steps: int | None) -> Stats:
        """A round of so many steps of each node; None: of as many as the strategy's own schedule has."""
        steps = self._strategy.config.local_steps if steps is None else steps
        durations_s = self._speeds.durations_s(steps)
        before, self._progress = self._progress, self._federation.round(steps)
        times = self.clock.round(durations_s, self._messages)
        self._rounds += 1
        self._examples += steps * int(self._settings["batch_size"]) * self._nodes
        self._events += steps * self._nodes + times.arrivals.events
        return self._stats(before, times, steps, durations_s)

    def _build_training(self) -> None:
        settings, nodes = self._settings, self._nodes
        workload = workload_registry.load(settings["workload"]["name"])
        strategy = strategy_registry.load(settings["strategy"]["name"])
        keys = typed(workload.config_schema, settings["workload"], "env.workload")
        self._workload = workload(keys, nodes, self._generator(Draws.DATA), settings["precision"])
        for note in self._workload.notes:
            log.warning("note: %s", note)
        self._strategy = strategy(typed(strategy.config_schema, settings["strategy"], "env.strategy"))
        seed = self._seed, int(Draws.TRAININGS)
        sizes = int(settings["batch_size"]), seed, settings["precision"], int(settings["torch_threads"])
        self._federation = Federation(self._workload, self._strategy, *sizes)
        compute = typed(ComputeKeys, settings["compute"], "env.compute")
        self._speeds = Speeds(compute, nodes, self._generator(Draws.SPEEDS))

    def _build_network(self) -> None:
        settings = self._settings
        topology = topology_registry.load(settings["topology"])(self._nodes)
        keys = typed(LinkKeys, settings["link"], "env.link")
        self._links = draw_links(keys, topology.cables, topology.halves, self._generator(Draws.LINKS))

        def network(name: str) -> Network:
            kind = network_registry.load(name)
            return kind(topology, self._links, self._generator(Draws.LOSSES), float(settings["handshakes"]))

        chosen = topology.collective if settings["collective"] == "auto" else settings["collective"]
        parameters = settings["wire_parameters"] or self._workload.parameters
        self._payload = self._strategy.payload_values(int(parameters)) * BYTES[settings["precision"]]
        self._messages = collective_registry.load(chosen)().messages(self._nodes, self._payload)
        self._network = network(settings["network"])
        self.clock = Clock(self._nodes, self._network)
        durations_s = self._speeds.step_s * self._strategy.config.local_steps
        without_loss = network("none" if settings["network"] == "none" else "alpha_beta")
        self._default_round_s = Clock(self._nodes, without_loss).round(durations_s, self._messages).round_s
        self._link_bytes = self._network.link_bytes(self._messages)

    def _generator(self, purpose: Draws) -> np.random.Generator:
        return np.random.default_rng((self._seed, int(purpose)))

    def _layout(self) -> Layout:
        progress = "loss loss_before local_loss train_loss drift diverged local_steps rounds examples".split()
        measured = [*progress, *(["accuracy"] if self._workload.measures_accuracy else [])]
        times = "training round compute wait comm default_round".split()
        nodes, links = tuple(range(self._nodes)), tuple(range(len(self._links)))
        return Layout(
            (
                *(Row("train", name, "", (0,)) for name in measured),
                *(Row("time", name, "s", (0,)) for name in times),
                Row("time", "utilization_pct", "%", (0,)),
                Row("net", "bytes", "bytes", (0,)),
                Row("net", "payload", "bytes", (0,)),
                Row("net", "retransmitted_share", "", (0,)),
                Row("node", "compute", "s", nodes),
                Row("node", "exchange", "s", nodes),
                Row("node", "examples", "", nodes),
                Row("link", "bytes", "bytes", links),
                Row("link", "rate", "Mbit/s", links),
                Row("link", "delay", "ms", links),
                Row("link", "loss", "%", links),
            )
        )

    def _stats(self, before: Progress, times: RoundTimes | None, steps: int, durations_s: np.ndarray) -> Stats:
        now, sent = self._progress, 0 if times is None else 1
        accuracy = [] if now.accuracy is None else [now.accuracy]
        arrivals = None if times is None else times.arrivals
        again = arrivals.retransmitted / arrivals.segments if arrivals and arrivals.segments else 0.0
        taken = [0.0] * 4 if times is None else [times.round_s, times.compute_s, times.wait_s, times.comm_s]
        busy = durations_s.mean() / times.round_s if times and times.round_s else 0.0
        values = [
            *(now.loss, before.loss, now.local_loss, now.train_loss, now.drift, float(now.diverged)),
            *(float(steps), float(self._rounds), float(self._examples)),
            *accuracy,
            *(self.clock.now_s - self._began_s, *taken, self._default_round_s, 100 * busy),
            *(float(sent * sum(message.size_bytes for message in self._messages)), float(sent * self._payload), again),
            *durations_s,
            *(np.zeros(self._nodes) if times is None else times.node_exchange_s),
            *self._workload.examples,
            *(sent * self._link_bytes),
            *(min(link.bytes_per_s / 125e3, 1e12) for link in self._links),
            *(1e3 * link.delay_s for link in self._links),
            *(100 * link.loss for link in self._links),
        ]
        return Stats(self.layout, 1e3 * self.clock.now_s, np.array(values, np.float64), self._events)
