"""What the network does when nobody controls it."""

from __future__ import annotations

from typing import Any

from netgym_cli.agents.base import Agent
from netgym_cli.config.schema import AgentConfig
from netgym_cli.envs.agent_spec import AgentSpec


class SystemDefault(Agent[AgentConfig]):
    """Always the empty action, which hands control to the environment's default algorithm."""

    config_schema = AgentConfig

    @classmethod
    def incompatibility(cls, spec: AgentSpec) -> str | None:
        return None if spec.adapter.has_default else "needs an environment with a default algorithm"

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        return None
