"""The agent to beat: every action drawn evenly from the action space."""

from typing import Any

from netgym_cli.agents.base import Agent
from netgym_cli.config.schema import AgentConfig
from netgym_cli.sessions.sequential import SequentialSessions


class Random(Agent[AgentConfig]):
    """Draws from the action space with the run's seed."""

    config_schema = AgentConfig

    def begin(self, env: SequentialSessions, seed: int) -> None:
        self._space = env.action_space
        self._space.seed(seed)

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        return self._space.sample()
