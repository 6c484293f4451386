"""An agent from a user's class that does not depend on netgym: it acts, and may learn, save and load.

class MyAgent:
    def __init__(self, observation_space, action_space, seed, **kwargs): ...
    def act(self, observation, info): ...  # an action, or None for the environment's default algorithm
    def learn(self, observation, action, reward, next_observation, terminated, truncated, info): ...  # optional
    def save(self, folder): ...  # optional: writes files into this empty folder
    def load(self, folder): ...  # optional: reads them back
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from omegaconf import MISSING

from netgym_cli.agents.base import Agent
from netgym_cli.common import user_code, user_modules
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import AgentConfig
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.runs.folder import RunFolder
from netgym_cli.sessions.sequential import SequentialSessions

PROTOCOL = {"act": 2, "learn": 7, "save": 1, "load": 1}  # method to its number of arguments
log = logging.getLogger(__name__)
_announced: set[str] = set()


@dataclass
class CustomConfig(AgentConfig):
    """Keys of conf/agent/custom.yaml."""

    cls: str | None = MISSING
    kwargs: dict[str, Any] | None = MISSING


class Custom(Agent[CustomConfig]):
    """Calls the user's class: `act` before every step and, while training, `learn` after it."""

    config_schema = CustomConfig

    def __init__(self, config: CustomConfig) -> None:
        super().__init__(config)
        self._folder: Path | None = None
        self._agent: Any = None
        self._steps = 0

    @classmethod
    def load(cls, config: CustomConfig, folder: Path, trust: bool = False) -> Self:
        record, files = RunFolder(folder).agent_record_path, RunFolder(folder).agent_files
        if not record.is_file():
            if hasattr(user_class(config.cls), "learn"):
                return super().load(config, folder, trust)
            return cls(config)
        content = record.read_bytes()
        same = content == _text(config, files)
        if not (trust or (same and RunFolder(folder).wrote(record, content))):
            raise ConfigError(
                f"'{files}' was not saved by a run of yours here or was changed; "
                "load it with trust (--trust) only if you know who made it."
            )
        if not hasattr(user_class(config.cls), "load"):
            raise ConfigError(f"agent.cls '{config.cls}' has save() and no load(); add it.")
        agent = cls(config)
        agent._folder = files
        return agent

    @property
    def learns(self) -> bool:
        return hasattr(user_class(self.config.cls), "learn")

    @property
    def can_be_loaded(self) -> bool:
        kind = user_class(self.config.cls)
        return not hasattr(kind, "learn") or (hasattr(kind, "save") and hasattr(kind, "load"))

    def check(self, spec: AgentSpec, steps: int) -> None:
        kind = user_class(self.config.cls)
        where = f"agent.cls '{self.config.cls}'"
        _require_call(
            kind,
            (spec.observation_space, spec.action_space, 0),
            self.config.kwargs or {},
            f"{where}: its constructor",
        )
        for name, arguments in PROTOCOL.items():
            if (method := getattr(kind, name, None)) is not None:
                _require_call(method, (None,) * (1 + arguments), {}, f"{where}: {name}()")

    def begin(self, env: SequentialSessions, seed: int) -> None:
        kind = user_class(self.config.cls)
        self._agent = kind(env.observation_space, env.action_space, seed, **(self.config.kwargs or {}))
        if self._folder is not None:
            self._agent.load(self._folder)

    def learn(self, env: SequentialSessions, seed: int, folder: Path) -> None:
        self.begin(env, seed)
        learn = getattr(self._agent, "learn", None)
        while not env.finished:
            observation, info = env.reset()
            over = False
            while not over:
                action = self.act(observation, info)
                with self.blamed():
                    following, reward, terminated, truncated, info = env.step(action)
                over = terminated or truncated
                if learn is not None:
                    learn(observation, action, reward, following, terminated, truncated, info)
                    self._steps += 1
                observation = following

    def author(self) -> Any:
        return type(self._agent).act

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        return self._agent.act(observation, info)

    @property
    def has_learnt(self) -> bool:
        return self._steps > 0

    def save(self, folder: Path) -> None:
        if not hasattr(self._agent, "save"):
            return
        record, files = RunFolder(folder).agent_record_path, RunFolder(folder).agent_files
        files.mkdir()
        self._agent.save(files)
        record.write_bytes(_text(self.config, files))
        RunFolder(folder).sign(record)


def user_class(name: str | None) -> type:
    """The class behind `module:Class`. Raises `ConfigError` unless it can be imported and has `act`."""
    module_name, colon, class_name = (name or "").partition(":")
    if not (module_name and colon and class_name.isidentifier()):
        raise ConfigError(f"agent.cls is {name!r}; allowed: importable.module:Class, such as agent.cls=mine:MyAgent.")
    user_code.mark(module_name)
    try:
        module = user_modules.import_named(module_name)
    except Exception as error:  # whatever a user's module may raise while it is imported
        advice = " Give importable.module:Class; --config-dir and the working directory are searched too."
        raise ConfigError(
            f"agent.cls '{name}': {user_code.told(error)}.{'' if user_code.place(error) else advice}"
        ) from error
    kind = getattr(module, class_name, None)
    if not isinstance(kind, type):
        raise ConfigError(f"agent.cls '{name}': {module_name} has no class {class_name}; write one, or fix the name.")
    if not callable(getattr(kind, "act", None)):
        where = user_code.written_in(kind)
        raise ConfigError(f"agent.cls '{name}'{where} has no method act(self, observation, info); add it.")
    if name not in _announced:
        _announced.add(str(name))
        log.info("loaded agent class %s from %s", name, module.__file__)
    return kind


def _require_call(function: Callable[..., Any], arguments: tuple[Any, ...], kwargs: dict[str, Any], what: str) -> None:
    try:
        inspect.signature(function).bind(*arguments, **kwargs)
    except TypeError as error:
        where = user_code.written_in(function)
        raise ConfigError(f"{what} cannot be called as docs/agents.md says: {error}{where}.") from error


def _text(config: CustomConfig, files: Path) -> bytes:
    """The signed record: the class and every file that it saved."""
    paths = sorted(path for path in files.rglob("*") if path.is_file())
    sums = {str(path.relative_to(files)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return (json.dumps({"cls": config.cls, "files": sums}, indent=1) + "\n").encode()
