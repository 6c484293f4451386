"""The tiny environment on a simulator of many networks in one call, and adapters for one and for many."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from netgym_cli.envs.actions import box_action, is_empty
from netgym_cli.simulators.stats import Stats
from tests.support.toy import ToyAdapter, ToyConfig, ToySimulator


class ToyBatch:
    """Toy simulators one after the other."""

    made = 0  # how many there were

    def __init__(self, config: Any, settings: Mapping[str, Any], copies: int) -> None:
        type(self).made += 1
        self.settings, self.simulators = settings, [ToySimulator(config) for _ in range(copies)]
        self.ts_ms, self.ticks = np.zeros(copies), np.zeros(copies, np.uint64)
        self.closed = False

    def start(self, seeds: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        pairs = zip(self.simulators, seeds, strict=True)
        return self._read([simulator.start("toy", self.settings, int(seed)) for simulator, seed in pairs])

    def step(self, controls: np.ndarray | None) -> np.ndarray:
        rows = [None] * len(self.simulators) if controls is None else controls
        pairs = zip(self.simulators, rows, strict=True)
        return self._read([toy.step(None if row is None or np.isnan(row[0]) else row) for toy, row in pairs])

    def close(self) -> None:
        self.closed = True

    def _read(self, each: list[Stats]) -> np.ndarray:
        self.layout = each[0].layout if not hasattr(self, "layout") or self.layout != each[0].layout else self.layout
        self.ts_ms[:], self.ticks[:] = [stats.ts_ms for stats in each], [stats.events for stats in each]
        return np.stack([stats.values for stats in each])


class ManyToysSimulator(ToySimulator):
    batches = True

    @classmethod
    def batch(cls, config: Any, scenario: str, settings: Mapping[str, Any], copies: int) -> ToyBatch:
        return ToyBatch(config, settings, copies)


class LoopedToys(ToyAdapter):
    """One network at a time."""

    required_simulator = "tests.support.many_toys:ManyToysSimulator"


class ManyToys(LoopedToys):
    """Along the last axes."""

    batched: ClassVar[bool] = True

    def observation(self, stats: Stats) -> np.ndarray:
        return stats["toy::dl::rate"].astype(np.float32)[..., None, :]

    def reward(self, stats: Stats) -> Any:
        mean = stats["toy::dl::rate"].mean(axis=-1)
        return float(mean) if mean.ndim == 0 else mean

    def encode_action(self, action: Any) -> np.ndarray | None:
        return None if is_empty(action) else box_action(action, self.action_space, many=True)


__all__ = ["LoopedToys", "ManyToys", "ManyToysSimulator", "ToyBatch", "ToyConfig"]
