"""Whether rewards and observations follow from the stored measurements, by the environment's own adapter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netgym_cli.datasets import Episode
from netgym_cli.datasets.tools.check_result import NOT_CHECKED, Verdict, verdict
from netgym_cli.datasets.tools.known_env import NoAdapter, adapter_of
from netgym_cli.datasets.tools.metadata import counted, listed, mapping
from netgym_cli.envs.base import Adapter
from netgym_cli.simulators.stats import Layout, Row, Stats

NAMES = ("rewards from measurements", "observations from measurements")
TOLERANCE = 1e-6  # relative; another machine's logarithm may differ in the last bit


@dataclass
class Recomputed:
    """Collects, over the episodes of one source, what differs when it is computed again.

    Attributes:
        noted: netgym's metadata for these episodes.
        failures: for rewards and for observations, what differs.
        reasons: for each of them, why it is not checked; empty if it is.
        steps: number of steps compared.
    """

    noted: dict[str, Any]
    failures: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    reasons: list[str] = field(default_factory=lambda: ["", ""])
    steps: int = 0

    def __post_init__(self) -> None:
        self.adapter: Adapter[Any] | None = None
        self.layout = Layout(())
        if "imported_from" in self.noted:
            self.reasons = ["imported, holds no measurements"] * 2
            return
        try:
            self.adapter = adapter_of(self.noted)
            self.layout = _layout(self.noted)
        except NoAdapter as error:
            self.reasons = [str(error)] * 2
            return
        channel = mapping(self.noted.get("channel"))
        if channel.get("name") != "none":
            self.reasons[1] = "the agent got them through a channel"
            if channel.get("reward") != "immediate":
                self.reasons[0] = "they were delayed with the observations"

    def add(self, number: int, episode: Episode) -> None:
        """Compares one episode."""
        stats = episode.infos.get("stats")
        if stats is not None and stats.size and self.noted.get("layout") == []:
            for failures in self.failures:  # a removed layout must not pass for measurements that were not stored
                failures.append(f"episode {number} holds measurements, and the metadata names none")
            return
        if all(self.reasons) or self.adapter is None:
            return
        if stats is None:
            self.reasons = [reason or "the measurements were not stored" for reason in self.reasons]
            return
        if stats.ndim != 2 or stats.shape != (len(episode) + 1, self.layout.size):
            for failures in self.failures:
                failures.append(f"episode {number}: measurements of shape {stats.shape}, {self.layout.size} are named")
            return
        times_ms = episode.infos.get("sim_time_ms", np.zeros(len(stats)))
        measurements = [Stats(self.layout, float(at), row) for at, row in zip(times_ms, stats, strict=True)]
        self.steps += len(episode)
        self._rewards(number, episode, measurements)
        self._observations(number, episode, measurements)

    def _rewards(self, number: int, episode: Episode, measurements: list[Stats]) -> None:
        assert self.adapter is not None
        if self.reasons[0]:
            return
        try:
            again = np.array([self.adapter.reward(stats) for stats in measurements[1:]])
        except KeyError as error:
            self.reasons[0] = f"{error} was not stored (env.subscribed_network_stats)"
            return
        except (ArithmeticError, LookupError, ValueError, TypeError) as error:
            self.failures[0].append(f"episode {number}: they cannot be computed ({error})")
            return
        wrong = ~np.isclose(again, episode.rewards, rtol=TOLERANCE, atol=TOLERANCE)
        if wrong.any():
            step = int(np.flatnonzero(wrong)[0])
            self.failures[0].append(
                f"episode {number}, step {step}: stored {episode.rewards[step]:g}, measured {again[step]:g}"
            )

    def _observations(self, number: int, episode: Episode, measurements: list[Stats]) -> None:
        assert self.adapter is not None
        if self.reasons[1]:
            return
        try:
            for step, stats in enumerate(measurements):
                if not _equal(self.adapter.observation(stats), _entry(episode.observations, step)):
                    self.failures[1].append(f"episode {number}, step {step}: not what was measured")
                    return
        except KeyError as error:
            self.reasons[1] = f"{error} was not stored (env.subscribed_network_stats)"
        except (ArithmeticError, LookupError, ValueError, TypeError) as error:
            self.failures[1].append(f"episode {number}: they cannot be computed ({error})")


def verdicts(sources: list[Recomputed]) -> list[Verdict]:
    """The verdict on rewards and that on observations, over all sources."""
    result = []
    for which, name in enumerate(NAMES):
        failures = [failure for source in sources for failure in source.failures[which]]
        reasons = list(dict.fromkeys(source.reasons[which] for source in sources if source.reasons[which]))
        steps = sum(source.steps for source in sources if not source.reasons[which])
        if failures or not reasons:
            result.append(verdict(name, failures, counted(steps, "step")))
        else:
            compared = f"compared: {counted(steps, 'step')}; others: " if steps else ""
            result.append(Verdict(name, NOT_CHECKED, compared + "; ".join(reasons)))
    return result


def _layout(noted: dict[str, Any]) -> Layout:
    rows = []
    for row in listed(noted.get("layout")):
        match row:
            case [str(source), str(name), str(unit), list(ids)] if all(type(i) is int for i in ids):
                rows.append(Row(source, name, unit, tuple(ids)))
            case _:
                raise NoAdapter(f"the layout of the measurements holds {str(row)[:60]}")
    if not rows:
        raise NoAdapter("the measurements were not stored")
    return Layout(tuple(rows))


def _entry(values: Any, step: int) -> Any:
    if isinstance(values, dict):
        return {key: _entry(inner, step) for key, inner in values.items()}
    return tuple(_entry(inner, step) for inner in values) if isinstance(values, tuple) else values[step]


def _equal(computed: Any, stored: Any) -> bool:
    if isinstance(computed, dict):
        return (
            isinstance(stored, dict)
            and computed.keys() == stored.keys()
            and all(_equal(computed[k], stored[k]) for k in computed)
        )
    if isinstance(computed, tuple):
        return len(computed) == len(stored) and all(map(_equal, computed, stored))
    computed, stored = np.asarray(computed, np.float64), np.asarray(stored, np.float64)
    return computed.shape == stored.shape and bool(
        (np.abs(computed - stored) <= TOLERANCE * (1 + np.abs(stored))).all()
    )
