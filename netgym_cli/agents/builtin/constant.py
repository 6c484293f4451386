"""One action for ever: the simplest thing that adapting has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gymnasium import spaces
from omegaconf import MISSING

from netgym_cli.agents.base import Agent
from netgym_cli.common.space_text import short_text
from netgym_cli.config.schema import AgentConfig
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.base import stated_action
from netgym_cli.sessions.sequential import SequentialSessions

Numbers = spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary


@dataclass
class ConstantConfig(AgentConfig):
    """Keys of conf/agent/constant.yaml."""

    action: Any = MISSING


class Constant(Agent[ConstantConfig]):
    """Takes `agent.action` at every step."""

    config_schema = ConstantConfig

    @classmethod
    def incompatibility(cls, spec: AgentSpec) -> str | None:
        space = spec.action_space
        return None if isinstance(space, Numbers) else f"needs an action space of numbers, and not {short_text(space)}"

    def check(self, spec: AgentSpec, steps: int) -> None:
        stated_action(self.config.action, spec.action_space, "agent.action")

    def begin(self, env: SequentialSessions, seed: int) -> None:
        self._action = stated_action(self.config.action, env.action_space, "agent.action")

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        return self._action.copy()
