"""Packets over all links by a logistic function of each link's utility, ln(1 + rate) - ln(1 + one-way delay).

The rule of the offline datasets by Haider et al. (NeurIPS 2024 Datasets and Benchmarks), which had two links, for any
number of them: the logistic function becomes a softmax.
"""

from typing import Any

import numpy as np

from netgym_cli.agents.links import max_rates, per_link
from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


class UtilityLogistic(Rule[AgentConfig]):
    """Weights e^u over the existing links, u the link's utility in the last interval."""

    config_schema = AgentConfig
    environments = ("nqos_split",)

    def decide(self, stats: Stats) -> Any:
        weights = (1 + per_link(stats, "gma::{}::dl::rate")) / (1 + per_link(stats, "gma::{}::dl::owd"))
        return self.adapter.action_for(np.where(max_rates(stats) > 0, weights, 0.0))
