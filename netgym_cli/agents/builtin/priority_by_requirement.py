"""Who may wait least comes first."""

from typing import Any

import numpy as np

from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


class PriorityByRequirement(Rule[AgentConfig]):
    """Marks the slice with the tightest delay requirement on both links, and nobody else."""

    config_schema = AgentConfig
    environments = ("dynamic_qos",)

    def decide(self, stats: Stats) -> Any:
        requirement = np.array(self.adapter.config.per_slice_config.qos_delay_requirement_ms)
        of_user = requirement[stats["lte::slice_id"].astype(int)]
        return self.adapter.action_for(np.tile(of_user == of_user.min(), (2, 1)))
