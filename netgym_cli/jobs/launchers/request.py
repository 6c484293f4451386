"""What somebody says of where jobs are to run: `launcher=NAME`, and `launcher.KEY=VALUE` for the engine itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.suggestions import did_you_mean
from netgym_cli.jobs.launcher import Launcher, LocalLauncher

KEY, LOCAL = "launcher", "local"
ENGINES = {"submitit_slurm": "submitit", "submitit_local": "submitit", "ray": "ray"}  # name to the module here
NAMES = (LOCAL, *ENGINES)


@dataclass(frozen=True)
class LauncherRequest:
    """Where jobs are to run.

    Attributes:
        name: one of `NAMES`.
        options: key to value, for the engine.
    """

    name: str = LOCAL
    options: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, words: Sequence[str]) -> LauncherRequest:
        """What these words of the command line ask for. Raises `ConfigError` for what cannot be meant."""
        said = dict(word.split("=", 1) for word in words)
        name = said.pop(KEY, LOCAL)
        if name not in NAMES:
            raise ConfigError(f"{KEY} is '{name}'; allowed: {', '.join(NAMES)}.{did_you_mean(name, NAMES)}")
        options = tuple((key.partition(".")[2], _value(key, text)) for key, text in said.items())
        if name == LOCAL and options:
            raise ConfigError(f"{KEY}=local takes no {KEY}.{options[0][0]}; choose another launcher, or leave it out.")
        return cls(name, options)

    @property
    def detached(self) -> bool:
        """Whether jobs are no children of this process, so that they go on when it ends."""
        return self.name != LOCAL

    @property
    def queues(self) -> bool:
        """Whether the engine itself decides how many jobs run at once."""
        return self.name in ("submitit_slurm", "ray")

    def launcher(self, sweep: Path, config_dirs: Sequence[Path]) -> Launcher:
        """The launcher for the jobs of a sweep in this folder. Raises `ConfigError` where there is none."""
        if not self.detached:
            return LocalLauncher(config_dirs)
        module = import_module(f"netgym_cli.jobs.launchers.{ENGINES[self.name]}")
        made: Launcher = module.launcher(self.name, dict(self.options), sweep, config_dirs)
        return made


LOCALLY = LauncherRequest()


def is_of_launcher(key: str) -> bool:
    """Whether this key of the command line says where jobs run."""
    return key == KEY or key.startswith(f"{KEY}.")


def _value(key: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{key} is '{text}', which cannot be read: {error}.") from error
