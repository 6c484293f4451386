"""Sleep by place alone: a cell is awake while it is the nearest one of some user, and a little longer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


@dataclass
class NearestCellsConfig(AgentConfig):
    """The keys of conf/agent/nearest_cells.yaml."""

    hold_steps: int = ranged(0)


class NearestCells(Rule[NearestCellsConfig]):
    """Awake cells are at the highest level."""

    config_schema = NearestCellsConfig
    environments = ("energy_saving",)

    def forget(self) -> None:
        self._empty_steps: Any = 0

    def decide(self, stats: Stats) -> Any:
        self._empty_steps = np.where(stats["cell::near_users"] > 0, 0, self._empty_steps + 1)
        top = self.adapter.action_space.nvec - 1
        return np.where(self._empty_steps <= self.config.hold_steps, top, 0)
