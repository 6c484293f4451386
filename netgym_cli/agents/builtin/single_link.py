"""Everybody on one link, always."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.agents.links import one_link
from netgym_cli.agents.rule import Rule
from netgym_cli.config.fields import one_of
from netgym_cli.config.schema import AgentConfig, require
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.multi_access.config import LINKS
from netgym_cli.simulators.stats import Stats


@dataclass
class SingleLinkConfig(AgentConfig):
    """Keys of conf/agent/single_link.yaml."""

    link: str = one_of(*LINKS)


class SingleLink(Rule[SingleLinkConfig]):
    """The simplest thing to be better than. A link without a site, or that users cannot be steered to, is refused."""

    config_schema = SingleLinkConfig
    environments = ("nqos_split", "qos_steer")

    def check(self, spec: AgentSpec, steps: int) -> None:
        config = spec.adapter.config
        sites = {"wifi": config.wifi_ap_locations, "nr": config.nr_gnb_locations, "lte": [config.lte_enb_locations]}
        available = [link for link in getattr(config, "steer_links", LINKS) if sites[link]]
        require(
            self.config.link in available, "agent.link", self.config.link, f"{', '.join(available)} in this environment"
        )

    def decide(self, stats: Stats) -> Any:
        users = len(stats["gma::dl::rate"])
        return self.adapter.action_for(one_link(np.full(users, LINKS.index(self.config.link))))
