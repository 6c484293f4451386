"""Steps of several simulators that compute in processes of their own, asked for and waited for in the calling thread.

A thread per simulator costs more than it waits for where steps are short: each wakes the next. Here all are asked
first, whoever has answered is read, and the adapter answers for all of them in one pass where it can.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.envs.answers import Answer
from netgym_cli.envs.base import Adapter
from netgym_cli.envs.many_networks import ManyNetworks
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.sessions.calling_thread import Outcome
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.simulators.stats import Layout, Stats


class OneThread:
    """The steps of all walks at once, from one thread; equal to the bit to steps one by one.

    Args:
        walks: one per slot, all of the same plan.
    """

    def __init__(self, walks: Sequence[SequentialSessions]) -> None:
        self._walks = walks
        self._no_channels = all(walk.env is walk.network for walk in walks)
        self._together = _Together([walk.network for walk in walks])

    @property
    def able(self) -> bool:
        """Whether all simulators compute elsewhere, with no channel before them; told while their sessions run."""
        return self._no_channels and all(walk.network.fileno() is not None for walk in self._walks)

    def step(self, actions: Any) -> dict[int, Outcome]:
        """A step in every slot, while `able`: what came of it by slot, in their order, failures included.

        Args:
            actions: one per slot along the first axis.
        """
        failed: dict[int, Outcome] = {}
        prepared = self._together.controls(actions)
        for slot, walk in enumerate(self._walks):
            try:
                walk.step_async(actions[slot], prepared[slot])
            except Exception as error:  # of any kind: it is raised where all outcomes are looked at
                failed[slot] = Outcome(error=error)
        self._receive(failed)
        answers = [None] * len(self._walks) if failed else self._together.answers()
        outcomes = {}
        for slot, walk in enumerate(self._walks):
            try:
                outcomes[slot] = failed.get(slot) or Outcome(walk.step_answer(answers[slot]))
            except Exception as error:
                outcomes[slot] = Outcome(error=error)
        return outcomes

    def _receive(self, failed: dict[int, Outcome]) -> None:
        """Waits until all that were asked have answered, or failed, or are overdue."""
        networks = {slot: walk.network for slot, walk in enumerate(self._walks) if slot not in failed}
        slots, poll = {}, select.poll()
        for slot, network in networks.items():
            descriptor = network.fileno()
            assert descriptor is not None
            slots[descriptor] = slot
            poll.register(descriptor, select.POLLIN)
        due_s = time.monotonic() + max((network.step_timeout_s for network in networks.values()), default=0.0)
        while slots:
            left_ms = max(0.0, due_s - time.monotonic()) * 1e3
            ready = [descriptor for descriptor, _ in poll.poll(left_ms)] or list(slots)  # those overdue say so
            for descriptor in ready:
                poll.unregister(descriptor)
                slot = slots.pop(descriptor)
                try:
                    networks[slot].step_receive()
                except Exception as error:
                    failed[slot] = Outcome(error=error)


class _Together:
    """What the adapter makes of all slots' measurements in one pass, where it takes many networks."""

    def __init__(self, networks: Sequence[NetworkEnv]) -> None:
        self._networks = networks
        self._adapters: list[Adapter[Any]] = []
        self._layouts: list[Layout] = []
        self._many: ManyNetworks | None = None  # if all slots are alike

    def controls(self, actions: Any) -> Sequence[tuple[Any, np.ndarray] | None]:
        """Each slot's action as it reaches the network, and its control; None where its own environment finds out."""
        none = [None] * len(self._networks)
        if self._many is None or not isinstance(actions, np.ndarray) or not self._same_adapters():
            return none
        try:
            taken = self._many.taken(actions)
            controls = self._many.controls(taken)
        except Exception:  # each alone says what is wrong with it
            return none
        if controls is None or not isinstance(taken, np.ndarray):
            return none
        return list(zip(taken, controls, strict=True))

    def answers(self) -> Sequence[Answer | None]:
        """One per slot; None where its own environment has to ask its adapter."""
        each = [network.stats for network in self._networks]
        stats = [measured for measured in each if measured is not None]
        self._look_at(stats)
        first, none = self._networks[0], [None] * len(stats)
        if self._many is None:
            return none
        values, times = np.stack([measured.values for measured in stats]), np.array([row.ts_ms for row in stats])
        events = np.array([measured.events for measured in stats])
        together = Stats(stats[0].layout, times, values, events)  # type: ignore[arg-type]
        when = (first.session, first.episode, first.step_index + 1)
        try:
            observations = self._many.observations(together, when)
            kpis = self._many.kpis(together)
            rewards = self._many.rewards(together, when).tolist()
        except Exception:  # each alone says what is wrong with it
            return none
        columns = zip(*(column.tolist() for column in kpis.values()), strict=True) if kpis else [()] * len(stats)
        rows = zip(observations, rewards, columns, strict=True)
        return [Answer(seen, gained, dict(zip(kpis, row, strict=True))) for seen, gained, row in rows]

    def _same_adapters(self) -> bool:
        return all(network.adapter is adapter for network, adapter in zip(self._networks, self._adapters, strict=True))

    def _look_at(self, stats: Sequence[Stats]) -> None:
        """Finds out whether all slots are alike, again only where something has changed."""
        layouts = [measured.layout for measured in stats]
        if self._adapters and self._same_adapters() and all(map(_same, layouts, self._layouts)):
            return
        self._adapters, self._layouts = [network.adapter for network in self._networks], layouts
        first = self._adapters[0]
        configs = [network.config for network in self._networks]
        alike = all(config == configs[0] for config in configs) and all(layout == layouts[0] for layout in layouts)
        able = first.batched and isinstance(first.observation_space, spaces.Box) and not first.external_env
        plain = all(measured.payload is None for measured in stats)
        self._many = ManyNetworks(first, len(stats)) if alike and able and plain else None


def _same(one: object, other: object) -> bool:
    return one is other
