"""What a config file may say to Hydra itself: Hydra can call functions, set environment variables, write files.

A variant of an environment, or any other YAML file of the user's, is to be data. So the part under `hydra` of such a
file may hold only what names no code; the command line, which the user types, may say the rest, except for callbacks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from omegaconf import DictConfig, OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.dotted import leaves
from netgym_cli.config.user_files import read

PLUGINS: dict[str, type] = {"launcher": Launcher, "sweeper": Sweeper}
# Of Hydra's keys, those that a file may set to a number, true, false or null, and those that it may set to a text, too.
NUMBERS = ("job.chdir", "launcher.*", "mode", "sweeper.*", "verbose")
TEXTS = (
    "job.name",
    "launcher.account",
    "launcher.backend",
    "launcher.constraint",
    "launcher.gres",
    "launcher.name",
    "launcher.partition",
    "launcher.prefer",
    "launcher.qos",
    "launcher.submitit_folder",
    "mode",
    "output_subdir",
    "run.dir",
    "sweep.dir",
    "sweep.subdir",
    "sweeper.direction",
    "sweeper.study_name",
    "verbose",
)
GRID = "sweeper.params."


def require_harmless_files(parts: Sequence[tuple[str, str]], folders: Sequence[Path]) -> None:
    """Raises `ConfigError` if a file of the user's tells Hydra more than it may.

    Args:
        parts: place in the config and path of every file that is composed, as Hydra lists them.
        folders: the user's conf directories.
    """
    for place, path in parts:
        if os.pardir in Path(path).parts:
            raise ConfigError(f"'{path}' leads out of the config directories; --config-dir PATH adds another.")
        for folder in folders:
            if (file := folder / f"{path}.yaml").is_file():
                _check_file(file, place)


def require_harmless(config: DictConfig) -> None:
    """Raises `ConfigError` if Hydra would call a function that a composed config names, wherever that comes from."""
    if OmegaConf.select(config, "hydra.callbacks"):
        raise ConfigError("hydra.callbacks can run anything, and netgym takes none; leave it out.")
    for kind, base in PLUGINS.items():
        target = OmegaConf.select(config, f"hydra.{kind}._target_")
        if target not in (known := _targets(base)):
            raise ConfigError(f"hydra.{kind}._target_ is {target!r}; allowed: {', '.join(known)}.")


def _check_file(file: Path, place: str) -> None:
    content = read(file)
    parts = [part for part in place.split(".") if part not in ("", "_global_")]
    if not isinstance(content, Mapping) or parts[:1] not in ([], ["hydra"]):
        return
    said = content if parts else content.get("hydra")
    for key, value in leaves(said, ".".join(parts[1:])):
        if not _harmless(key, value):
            raise ConfigError(
                f"{file} sets hydra.{key}, and a config file may not tell Hydra to run, import or write anything; "
                "leave it out, or write it on the command line if it is a setting of Hydra's that you need."
            )


def _harmless(key: str, value: Any) -> bool:
    kind, _, rest = key.partition(".")
    if kind in PLUGINS and rest == "_target_":
        return value in _targets(PLUGINS[kind])
    if key.startswith(GRID):
        return "hydra" not in key.removeprefix(GRID)
    if value is None or isinstance(value, bool | int | float) or value == {}:
        return key in ("", *TEXTS, *NUMBERS) or f"{kind}.*" in NUMBERS or value == {}
    return key in TEXTS and isinstance(value, str)


def _targets(base: type) -> list[str]:
    """The launchers or sweepers that Hydra has found installed."""
    return sorted(f"{kind.__module__}.{kind.__qualname__}" for kind in Plugins.instance().discover(base))
