"""AdaComm: nodes talk rarely at first, and the more often the more the loss has fallen (Wang and Joshi 2019)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class AdacommConfig(AgentConfig):
    """Keys of conf/agent/adacomm.yaml."""

    local_steps: float = ranged(1, 100_000)


class Adacomm(Rule[AdacommConfig]):
    """ceil(H0 sqrt(L / L0)) steps, where L is the loss and L0 that of the training's first weights."""

    config_schema = AdacommConfig
    environments = ("distributed_training",)

    def forget(self) -> None:
        self._first_loss = math.inf

    def decide(self, stats: Stats) -> Any:
        loss = float(stats["train::loss"][0])
        if stats["train::rounds"][0] == 0 or math.isinf(self._first_loss):
            self._first_loss = loss
        share = loss / self._first_loss if self._first_loss else 0.0
        return self.adapter.action_for(max(1, math.ceil(self.config.local_steps * math.sqrt(share))))
