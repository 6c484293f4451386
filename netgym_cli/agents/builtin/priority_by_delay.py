"""Who is about to miss its delay requirement comes first, link by link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import ranged
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.envs.builtin.dynamic_qos import MARKED_LINKS
from netgym_cli.simulators.stats import Stats


@dataclass
class PriorityByDelayConfig(AgentConfig):
    """Keys of conf/agent/priority_by_delay.yaml."""

    mark_above: float = ranged(above=0)
    unmark_below: float = ranged(0)

    def validate(self) -> None:
        super().validate()
        allowed = f"at most agent.mark_above ({self.mark_above:g})"
        require(self.unmark_below <= self.mark_above, "agent.unmark_below", self.unmark_below, allowed)


class PriorityByDelay(Rule[PriorityByDelayConfig]):
    """Marks a user on a link whose delay exceeds a fraction of the requirement, and forgives it slowly."""

    config_schema = PriorityByDelayConfig
    environments = ("dynamic_qos",)

    def forget(self) -> None:
        self._strain: np.ndarray | None = None

    def decide(self, stats: Stats) -> Any:
        requirement = np.array(self.adapter.config.per_slice_config.qos_delay_requirement_ms)
        limit = requirement[stats["lte::slice_id"].astype(int)]
        now = np.array([stats[f"gma::{link}::dl::owd"] for link in MARKED_LINKS]) / np.maximum(limit, 1e-9)
        marked = np.array([stats[f"gma::{link}::dl::priority"] for link in MARKED_LINKS]) > 0
        # A marked user's delay is short because it is marked: it keeps the mark until its remembered strain has faded.
        self._strain = now if self._strain is None else np.maximum(now, 0.95 * self._strain)
        return self.adapter.action_for(
            np.where(marked, self._strain > self.config.unmark_below, now > self.config.mark_above)
        )
