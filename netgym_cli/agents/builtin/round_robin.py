"""Every user takes one link after the other, a step each."""

from typing import Any

import numpy as np

from netgym_cli.agents.links import max_rates, one_link
from netgym_cli.agents.rule import Rule
from netgym_cli.config.schema import AgentConfig
from netgym_cli.simulators.stats import Stats


class RoundRobin(Rule[AgentConfig]):
    """Goes round the links that exist; neighbouring users are a link apart."""

    config_schema = AgentConfig
    environments = ("nqos_split", "qos_steer")

    def forget(self) -> None:
        self._turn = 0

    def decide(self, stats: Stats) -> Any:
        rates = max_rates(stats)
        links = np.flatnonzero((rates > 0).any(axis=0))
        turns = self._turn + np.arange(len(rates))
        self._turn += 1
        return self.adapter.action_for(one_link(links[turns % len(links)]))
