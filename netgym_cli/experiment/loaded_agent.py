"""The agent of a run outside the command line, in the environment's own scale and on its own observations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netgym_cli.agents.base import Agent, agent_registry
from netgym_cli.agents.rule import Rule
from netgym_cli.common.errors import SessionError
from netgym_cli.config.compose import Composer
from netgym_cli.envs.actions import environment_action
from netgym_cli.experiment.config import config_of
from netgym_cli.experiment.task import Task
from netgym_cli.sessions.sequential import SequentialSessions


class LoadedAgent:
    """An agent as its run left it, ready to act; `load_agent` makes it.

    Attributes:
        name: the agent's, such as `ppo`.
        observation_space, action_space: those of the run's environment, behind its channel if it had one.
    """

    def __init__(self, agent: Agent[Any], env: SequentialSessions) -> None:
        self.name = agent.config.name
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self._agent = agent

    def act(self, observation: Any, info: Mapping[str, Any] | None = None) -> Any:
        """The action for one observation, without exploration where the agent has learnt.

        Args:
            observation: a member of `observation_space` as the environment returned it, not normalised.
            info: what the environment returned with it; a rule decides from its measurement, and an agent of your own
                may read it. Other agents need none.

        Returns:
            A member of `action_space` in the environment's own scale; None hands control to its default algorithm.

        Raises:
            SessionError: the agent is a rule, and `info` holds no measurement.
        """
        if isinstance(self._agent, Rule) and not hasattr(info, "stats"):
            raise SessionError(
                f"agent '{self.name}' decides from the measurement; call act(observation, info) with the info that "
                "reset() or step() of a netgym environment returned."
            )
        return environment_action(self._agent.act(observation, {} if info is None else info), self.action_space)  # type: ignore[arg-type]


def load_agent(run: str | Path, trust: bool = False, config_dir: str | Path | None = None) -> LoadedAgent:
    """The agent of a run of `netgym train`, to act in a program of your own.

    Normalisation and scaling, which the model file needs, are done inside. No simulator is started.

    Args:
        run: the run's folder, its `model.zip`, or one of its `checkpoints/step_N.zip`; of a run that failed or was
            killed, a checkpoint.
        trust: load it even if it was made elsewhere; a model can run code when it is loaded, and a run's config can
            name some.
        config_dir: your own conf directory, if the run's environment or agent lies there.

    Raises:
        ConfigError: there is no such run, it has no model, or it was made elsewhere and is not trusted.
    """
    if config_dir is not None:
        Composer([], [config_dir])  # makes its modules importable
    path = Path(run)
    config = config_of(path, trust)
    kind = agent_registry.load(config.agent.name)
    keeps_nothing = not kind.needs_training and kind.load.__func__ is Agent.load.__func__  # type: ignore[attr-defined]
    task = Task.of(config, None if keeps_nothing else path, trust, config.seed, episodes=1)
    agent, sessions = task.agent(), task.sessions()
    agent.begin(sessions, config.seed)
    return LoadedAgent(agent, sessions)
