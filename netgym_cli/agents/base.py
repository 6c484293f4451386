"""An agent acts on an environment and may learn from it.

To add an agent: one module in builtin/ whose name is the agent's, with one `Agent` subclass, which has `act` and
`config_schema` (`AgentConfig` if it has no keys), and one YAML file of the same name in conf/agent/. A hand-written
rule subclasses `netgym_cli.agents.rule.Rule` instead and has `environments`, `config_schema` and `decide`.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np

from netgym_cli.common.contracts import Part, record
from netgym_cli.common.errors import ActionError, ConfigError
from netgym_cli.common.registry import Registry
from netgym_cli.common.user_code import home
from netgym_cli.config.schema import AgentConfig, RunConfig
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.base import Adapter
from netgym_cli.runs.checkpoints import SavedState
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions

C = TypeVar("C", bound=AgentConfig)
RENAMED = {"learnt_on": "training_seeds", "walk": "rollout"}  # methods of the last release to their names now
log = logging.getLogger(__name__)


class Evaluations(Protocol):
    """Evaluations on the way through a training, which an agent that has `evaluate_every_steps` is given by its run."""

    every: int

    def measure(self, act: Callable[[Any], Any], steps: int) -> tuple[float, bool]:
        """The mean return of the policy `act` after so many steps, and whether none before was as good."""


class ResumePoints(Protocol):
    """Where an agent that `resumes` stores what it needs to go on in another process, given to it by its run.

    Attributes:
        resumed: what the run goes on from; None: it begins. The environment is where it was then: do not reset it.
    """

    resumed: SavedState | None

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""

    def save(self, step: int, learner: Any, rows: Mapping[str, np.ndarray] | None = None, whole: bool = True) -> None:
        """Adds a checkpoint of agent, environment and tables as they are between two steps.

        Args:
            step: steps or updates until now.
            learner: the agent's state, of dictionaries, lists, numbers and arrays.
            rows: what has come to what only grows since the last checkpoint.
            whole: whether these rows are all that there are.
        """


class Agent(ABC, Generic[C]):
    """Acts on a run's sessions. Importing an agent's module is cheap: heavy libraries wait for `check` and `learn`.

    Attributes:
        config_schema: the dataclass of the agent's YAML file.
        needs_training: whether it can act only after `learn` or `load`.
        needs_dataset: whether it learns from a dataset, and runs sessions only to be evaluated.
        notes: remarks for the run's summary, such as steps that taught nothing.
        evaluations: for an agent that learns from its sessions, what measures it on the way; None: nothing does.
        resumes: whether `learn` can go on in another process, from what `resume_points` has stored.
        resume_points: for such an agent, its run's; None: there are none.
    """

    member_contract: ClassVar[dict[str, Part]] = {
        "config_schema": Part(
            record,
            "`config_schema = AgentConfig` (from netgym_cli.config.schema), or a @dataclass that extends it",
        )
    }
    config_schema: ClassVar[type[AgentConfig]]
    needs_training: ClassVar[bool] = False
    needs_dataset: ClassVar[bool] = False
    resumes: ClassVar[bool] = False

    def __init__(self, config: C) -> None:
        self.config = config
        self.notes: list[str] = []
        self.evaluations: Evaluations | None = None
        self.resume_points: ResumePoints | None = None

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Gives renamed methods both names, so that agents written for the last release work and can be called."""
        super().__init_subclass__(**keywords)
        for old, new in RENAMED.items():
            if new in vars(cls):
                setattr(cls, old, vars(cls)[new])
            elif old in vars(cls):
                setattr(cls, new, vars(cls)[old])
                log.warning("%s.%s() is now %s(); the old name works for this release", cls.__name__, old, new)
        if "refuses" in vars(cls) and "incompatibility" not in vars(cls):
            log.warning("agent %s has refuses(adapter); write incompatibility(spec) instead.", cls.__name__)
            cls.incompatibility = classmethod(_by_refuses)  # type: ignore[assignment, arg-type]
            _WITH_REFUSES.add(cls)

    @classmethod
    def incompatibility(cls, spec: AgentSpec) -> str | None:
        """Why the agent cannot act in this environment, as a phrase ("needs a bounded Box"); None if it can."""
        return None

    @classmethod
    def refuses(cls, adapter: Adapter[Any]) -> str | None:
        """Deprecated: `incompatibility`. An agent that overrides this one gets here by `super()`."""
        begin = max((place for place, kind in enumerate(cls.__mro__, 1) if kind in _WITH_REFUSES), default=0)
        kind = next(kind for kind in cls.__mro__[begin:] if "incompatibility" in vars(kind))
        judge: Any = vars(kind)["incompatibility"].__get__(None, cls)
        return judge(AgentSpec.of(adapter))  # type: ignore[no-any-return]

    @classmethod
    def load(cls, config: C, folder: Path, trust: bool = False) -> Self:
        """The agent as `save` left it in a run's folder, ready for `rollout`.

        Args:
            config: the agent's config in that run.
            folder: the run's folder.
            trust: load it even if the file could run code and was not made by this user.

        An agent that neither learns nor saves anything is its config.

        Raises:
            ConfigError: there is nothing to load, or it is not trusted.
        """
        if cls.learn is Agent.learn and cls.save is Agent.save:
            return cls(config)
        raise ConfigError(
            f"agent '{config.name}' learns and saves nothing that could be loaded; give it save() and load()."
        )

    @classmethod
    def load_checkpoint(cls, config: C, path: Path, trust: bool = False) -> Self:
        """The agent as it was when the run saved the file `path` on its way. Arguments and errors as for `load`."""
        raise ConfigError(f"agent '{config.name}' makes no checkpoints; give the run's folder instead of '{path}'.")

    def plan(self, config: RunConfig) -> Plan:
        """The sessions of a run of `config` with this agent. Raises `ConfigError`."""
        return Plan.of(config)

    def training_seeds(self) -> frozenset[int]:
        """Seeds of the sessions that the agent has learnt from before this run, such as those of its dataset."""
        return frozenset()

    def check(self, spec: AgentSpec, steps: int) -> None:
        """Raises `ConfigError` if the settings do not fit this environment, this machine or a run of `steps` steps.

        The libraries of `learn` may be imported here: a run follows.
        """

    def begin(self, env: SequentialSessions, seed: int) -> None:
        """Called once before the first reset: draws randomness from `seed`, looks at the spaces.

        Raises `ConfigError` if what was learnt elsewhere does not fit this environment.
        """

    def learn(self, env: SequentialSessions, seed: int, folder: Path) -> None:
        """Runs all sessions of `env` and learns from them; this default only acts.

        An agent that learns between steps calls `env.updated(done, total)`, so that progress shows.

        Args:
            env: sessions to run until `env.finished`. An agent whose config extends `ParallelAgentConfig` gets a
                `VectorSessions` instead if `n_envs` is above 1; `sessions.single.as_vector` makes one of either.
            seed: seed of all of the agent's randomness.
            folder: the run's folder, for logs and checkpoints.
        """
        self.rollout(env, seed)

    def rollout(self, env: SequentialSessions, seed: int) -> None:
        """Acts on all sessions of `env` without learning; arguments as for `learn`."""
        self.begin(env, seed)
        while not env.finished:
            observation, info = env.reset()
            over = False
            while not over:
                action = self.act(observation, info)
                with self.blamed():
                    observation, _, terminated, truncated, info = env.step(action)
                over = terminated or truncated

    @abstractmethod
    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """An action in the environment's action space; None hands control to its default algorithm."""

    def author(self) -> Any:
        """The function that decides on an action, for messages."""
        return type(self).act

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Inside it, an action that the environment refuses is told with the user's function that chose it."""
        try:
            yield
        except ActionError as error:
            if (where := home(author := self.author())) is not None:
                error.place = f"{where}, {author.__qualname__}"
            raise

    @property
    def has_learnt(self) -> bool:
        """Whether there is anything to save after `learn` was interrupted."""
        return False

    @property
    def learns(self) -> bool:
        """Whether a run changes it."""
        return self.needs_training or type(self).learn is not Agent.learn

    @property
    def can_be_loaded(self) -> bool:
        """Whether `load` will find in the run's folder all that it needs."""
        kind = type(self)
        alone = kind.learn is Agent.learn and kind.save is Agent.save
        return alone or kind.load.__func__ is not Agent.load.__func__  # type: ignore[attr-defined]

    def save(self, folder: Path) -> None:
        """Saves what was learnt in the run's folder; nothing unless overridden."""

    learnt_on, walk = training_seeds, rollout  # their names in the last release; the next one drops them


_WITH_REFUSES: set[type] = set()  # agents whose `incompatibility` asks their `refuses`


def _by_refuses(cls: type[Agent[Any]], spec: AgentSpec) -> str | None:
    return cls.refuses(spec.as_adapter())


agent_registry: Registry[Agent[Any]] = Registry("agent", "netgym_cli.agents.builtin", Agent)
