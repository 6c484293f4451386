"""What an agent is told about an environment before it begins."""

from __future__ import annotations

import logging
from copy import copy
from dataclasses import dataclass
from typing import Any

import gymnasium

from netgym_cli.envs.base import Adapter

log = logging.getLogger(__name__)
_announced: set[str] = set()


@dataclass(frozen=True)
class AgentSpec:
    """An environment as its agent meets it.

    Attributes:
        adapter: the environment's own, with its config and what its numbers mean.
        observation_space: of what the agent sees; behind a channel, of its window.
        action_space: of what the agent answers.
    """

    adapter: Adapter[Any]
    observation_space: gymnasium.Space[Any]
    action_space: gymnasium.Space[Any]

    @classmethod
    def of(cls, adapter: Adapter[Any]) -> AgentSpec:
        """The spec of an environment without channels."""
        return cls(adapter, adapter.observation_space, adapter.action_space)

    def as_adapter(self) -> Adapter[Any]:
        """A copy of the adapter with the agent's observation space, as agents got it that have `refuses`."""
        adapter = copy(self.adapter)
        adapter.observation_space = self.observation_space
        return adapter

    def __getattr__(self, name: str) -> Any:
        """What agents that were given an adapter read of it; deprecated."""
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self.adapter, name)
        if name not in _announced:
            _announced.add(name)
            log.warning(
                "an agent's check(adapter, steps) reads adapter.%s; it gets a spec: write spec.adapter.%s.", name, name
            )
        return value
