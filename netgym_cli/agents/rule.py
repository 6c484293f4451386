"""The base of hand-written rules: their environments, and a memory that ends with its session."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, TypeVar

from netgym_cli.agents.base import Agent
from netgym_cli.common.contracts import Part, names
from netgym_cli.config.schema import AgentConfig
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.simulators.stats import Stats

R = TypeVar("R", bound=AgentConfig)


class Rule(Agent[R]):
    """An agent that decides from the last measurement by a readable formula.

    Attributes:
        environments: names of the environments whose measurements and actions it knows. An environment's name is that
            of its adapter's module, and for one of `netgym new env` also without the module's `_env`: `stadium` for
            `stadium_env.py`. The first line of the rule's YAML file ends in the same names, in brackets.
        adapter: the environment it acts in, from `begin` on.
    """

    member_contract: ClassVar[dict[str, Part]] = {
        "environments": Part(names, '`environments = ("custom",)`, the names of the environments that the rule fits')
    }
    environments: ClassVar[tuple[str, ...]]
    adapter: Any

    @classmethod
    def incompatibility(cls, spec: AgentSpec) -> str | None:
        # A user's subclass of an adapter fits, too.
        modules = {kind.__module__.rpartition(".")[2] for kind in type(spec.adapter).__mro__}
        if (modules | {module.removesuffix("_env") for module in modules}) & set(cls.environments):
            return None
        return f"is a rule for {' and '.join(cls.environments)}"

    def begin(self, env: SequentialSessions, seed: int) -> None:
        self.adapter = env.network.adapter
        self._session = -1

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        if info["session"] != self._session:
            self._session = info["session"]
            self.forget()
        stats = info.stats  # type: ignore[attr-defined]
        return None if stats is None else self.decide(stats)  # None: nothing has arrived through a channel yet

    def author(self) -> Any:
        return type(self).decide

    def forget(self) -> None:
        """Clears the memory, because a new session with another network has begun."""

    @abstractmethod
    def decide(self, stats: Stats) -> Any:
        """The action that follows this measurement; None hands control to the default algorithm."""
