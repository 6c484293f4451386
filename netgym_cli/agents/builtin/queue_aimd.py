"""Every user adds to its rate while its delay is short and cuts it when it is long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class QueueAimdConfig(AgentConfig):
    """Keys of conf/agent/queue_aimd.yaml."""

    delay_threshold_ms: float = ranged(above=0)
    increase: float = ranged(above=0, high=1)
    decrease: float = ranged(above=0, below=1)


class QueueAimd(Rule[QueueAimdConfig]):
    """Additive increase, multiplicative decrease on one-way delay; knows nothing of the bottleneck."""

    config_schema = QueueAimdConfig
    environments = ("custom",)

    def forget(self) -> None:
        self._rates: np.ndarray | None = None

    def decide(self, stats: Stats) -> Any:
        delay = stats["custom::owd"]
        if self._rates is None:
            self._rates = np.full(len(delay), self.config.increase)
        else:
            short = delay < self.config.delay_threshold_ms
            self._rates = np.where(short, self._rates + self.config.increase, self._rates * self.config.decrease)
        self._rates = np.clip(self._rates, 0, 1)
        return self._rates.astype(np.float32)
