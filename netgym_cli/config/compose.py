"""All of Hydra: from overrides and conf/ directories to one composed config, and on to a run in its own folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import MISSING, DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs, messages, output_dirs, user_files
from netgym_cli.config.schema import RunConfig, SimulatorConfig, plain, typed, unknown_key

if TYPE_CHECKING:
    from hydra._internal.hydra import Hydra

    from netgym_cli.experiment.summary import Summary

Task = Callable[[DictConfig], Any]
CONFIG_NAME = "config"

_lock = threading.Lock()


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


# A worker forked while another thread composes would wait for ever on the lock it inherited.
os.register_at_fork(after_in_child=_renew_lock)


class Composer:
    """Hydra over netgym's conf/ and the user's config directories, for one list of overrides.

    Args:
        overrides: as on the command line, such as `["env=nqos_split", "seed=2"]`.
        config_dirs: the user's own conf directories; their modules become importable.

    Raises:
        ConfigError: here and in every method, for whatever the user can mend.
    """

    def __init__(self, overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> None:
        self.folders = conf_dirs.user_dirs(config_dirs)
        conf_dirs.make_importable(self.folders)
        self.task_overrides = [_readable(override) for override in overrides]
        user_files.check_chosen(self.task_overrides, self.folders)
        paths = ",".join(_quoted(f"file://{folder}") for folder in self.folders)
        self.overrides = [*([f"hydra.searchpath=[{paths}]"] if paths else []), *self.task_overrides]
        self.hydra = _new_hydra()

    def whole(self, mode: RunMode) -> DictConfig:
        """The composed config with Hydra's own part."""
        with _lock, self.errors_explained():
            return self.hydra.compose_config(CONFIG_NAME, self.overrides, mode)

    def compose(self) -> DictConfig:
        """The composed config without Hydra's own part."""
        config = self.whole(RunMode.RUN)
        with open_dict(config):
            del config["hydra"]
        return config

    def files(self) -> list[tuple[str, Path]]:
        """The YAML files that were composed, as (group, file), the ones that others build on first."""
        with _lock, self.errors_explained():
            loaded = self.hydra.config_loader.compute_defaults_list(CONFIG_NAME, self.overrides, RunMode.RUN).defaults
        found = []
        for path in (default.config_path or "" for default in loaded):
            for folder in (conf_dirs.builtin(), *self.folders):
                if (file := folder / f"{path}.yaml").is_file():
                    found.append((path.rpartition("/")[0], file))
                    break
        return found

    def print_config(self, part: str, resolve: bool) -> None:
        """Prints the composed config as YAML: `job`, `hydra` or `all`."""
        with self.errors_explained():
            self.hydra.show_cfg(CONFIG_NAME, self.overrides, cfg_type=part, package=None, resolve=resolve)

    def print_info(self, what: str) -> None:
        """Prints Hydra's information on how the config is composed, such as `defaults-tree` or `searchpath`."""
        with self.errors_explained():
            self.hydra.show_info(what, CONFIG_NAME, self.overrides)

    def run(self, task: Task) -> Any:
        """Calls `task` with the config in a new run folder; returns what it returns."""
        with self.errors_explained(), output_dirs.making(output_dirs.RUN_DIR):
            return self.hydra.run(CONFIG_NAME, task, [*self.overrides, "hydra.mode=RUN"]).return_value

    def multirun(self, task: Task) -> Any:
        """Calls `task` for every point of the grid through Hydra's sweeper and launcher."""
        with self.errors_explained(), output_dirs.making(output_dirs.SWEEP_DIR):
            return self.hydra.multirun(CONFIG_NAME, task, [*self.overrides, "hydra.mode=MULTIRUN"])

    @contextmanager
    def errors_explained(self) -> Iterator[None]:
        """Turns what Hydra, OmegaConf and YAML raise into one `ConfigError`."""
        try:
            yield
        except ConfigError:
            raise
        except messages.CAUSES as error:
            raise ConfigError(messages.explain(error, self._known_keys)) from error

    def _known_keys(self) -> list[str]:
        """Every dotted key of the config that the chosen groups make; of the default one where they cannot."""
        groups = [o for o in self.overrides if o.partition("=")[0] in (*conf_dirs.GROUPS, "hydra.searchpath")]
        for overrides in (groups, []):
            try:
                config = self.hydra.compose_config(CONFIG_NAME, overrides, RunMode.RUN)
            except messages.CAUSES:
                continue
            with open_dict(config):
                del config["hydra"]
            return list(messages.dotted_keys(OmegaConf.to_container(config, resolve=False)))  # type: ignore[arg-type]
        return []


def compose(overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> DictConfig:
    """The config that `overrides` compose. Raises `ConfigError`."""
    return Composer(overrides, config_dirs).compose()


def typed_run(config: DictConfig) -> RunConfig:
    """A composed config as records of its members' own types, validated.

    Raises:
        ConfigError: unknown key or member, wrong type, missing or impossible value.
    """
    from netgym_cli.agents.base import agent_registry
    from netgym_cli.channels.base import channel_registry
    from netgym_cli.envs.base import env_registry
    from netgym_cli.wrappers.channel_configs import completed

    try:
        raw: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    except OmegaConfBaseException as error:
        raise ConfigError(messages.explain(error, lambda: list(messages.dotted_keys(config)))) from error
    own, groups = {field.name for field in fields(_Top)}, {*conf_dirs.GROUPS, "simulator"}
    for extra in raw.keys() - own - groups:
        raw.pop(extra)
        raise ConfigError(unknown_key(extra, list(messages.dotted_keys(raw))))
    top = typed(_Top, {key: raw[key] for key in own & raw.keys()}, "")
    parts: dict[str, Any] = {}
    for group, registry in (("env", env_registry), ("agent", agent_registry), ("channel", channel_registry)):
        given = raw.get(group)
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            raise ConfigError(f"'{group}' is {given!r}; allowed: a mapping with a 'name'. Choose one by {group}=NAME.")
        if ":" not in (name := given["name"]) and name not in registry.names():
            allowed = f"{', '.join(registry.names())}, or importable.module:Class"
            raise ConfigError(f"{group}.name is {name!r}; allowed: {allowed}. Mend it in the YAML file of the {group}.")
        parts[group] = typed(registry.load(name).config_schema, given, group)
    if parts["channel"].action is not None:
        parts["channel"].action = completed(parts["channel"].action, "channel.action")
    parts["simulator"] = typed(SimulatorConfig, raw.get("simulator", {}), "simulator")
    run = RunConfig(**parts, **vars(top))
    run.validate()
    return run


def train(overrides: Sequence[str], config_dirs: Sequence[str | Path], command: list[str]) -> Summary:
    """Checks the config, then trains in a new run folder. An error from training carries the folder as a note.

    Raises:
        ConfigError: the config is wrong; no folder was made.
        NetgymError, OSError: training failed; the folder keeps what there was.
    """
    composer = Composer(overrides, config_dirs)
    checked = typed_run(composer.compose())
    check(checked)
    output_dirs.require_free_run(composer.whole(RunMode.RUN))

    def task(config: DictConfig) -> Summary | Exception:
        # Hydra would report an exception in its own words, so it travels as a value.
        try:
            return train_in(save_resolved(config), command)
        except Exception as error:
            return error

    outcome: Summary | Exception = composer.run(task)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def check(config: RunConfig) -> None:
    """Everything about a run that can be known before it has a folder. Raises `ConfigError`."""
    from netgym_cli.experiment import run  # slow to import, and the user's mistakes are known by now
    from netgym_cli.simulators.base import (
        simulator_registry,  # slow to import, and the user's mistakes are known by now
    )
    from netgym_cli.wrappers.build import simulators_under

    run.check(config)
    for name, source in simulators_under(config):
        simulator_registry.load(name).check(config.simulator, source)


def train_in(folder: Path, command: list[str]) -> Summary:
    """Trains what `folder`'s `.hydra/config.yaml` says, in `folder`. Raises as `train` does."""
    from netgym_cli.experiment import run

    config = typed_run(OmegaConf.load(folder / ".hydra" / "config.yaml"))  # type: ignore[arg-type]
    try:
        return run.train(config, folder, command)
    except BaseException as error:
        error.add_note(f"run folder: {folder}")
        raise


def overrides_of(folder: Path) -> list[str]:
    """The overrides that made the run in `folder`."""
    return list(OmegaConf.load(folder / ".hydra" / "overrides.yaml"))


def save_resolved(config: DictConfig) -> Path:
    """Replaces the running job's `.hydra/config.yaml` by its values without interpolations; returns its folder."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    if (action := OmegaConf.select(config, "channel.action")) is not None:  # a name depends on the config directories
        from netgym_cli.wrappers.channel_configs import completed

        given = OmegaConf.to_container(action) if OmegaConf.is_config(action) else action
        with open_dict(config):
            config.channel.action = plain(completed(given, "channel.action"))
    OmegaConf.save(config, folder / ".hydra" / "config.yaml", resolve=True)
    return folder


@dataclass
class _Top:
    """The keys of a config that belong to no group."""

    seed: int = MISSING
    sessions: list[dict[str, Any]] = MISSING
    dataset: str | None = None
    steps: int | None = None
    init: str | None = None


def _new_hydra() -> Hydra:
    """A Hydra of our own, leaving one that the calling program may have initialised as it was."""
    with _lock:
        before = GlobalHydra.instance().hydra
        GlobalHydra.instance().clear()
        try:
            with initialize_config_dir(config_dir=str(conf_dirs.builtin()), job_name="netgym", version_base="1.3"):
                hydra = GlobalHydra.instance().hydra
                assert hydra is not None
                return hydra
        finally:
            GlobalHydra.instance().hydra = before


def _readable(override: str) -> str:
    """`override` with the name of a member quoted where Hydra cannot read it as a name.

    Raises:
        ConfigError: it names no key, or takes away a group, without which there is no run.
    """
    group, equals, value = override.partition("=")
    if group.startswith("~") and group[1:] in conf_dirs.GROUPS:
        raise ConfigError(f"override '{override}' takes the {group[1:]} away; every run has one: {group[1:]}=NAME.")
    if equals and not group.lstrip("+~"):
        raise ConfigError(f"cannot read the override '{override}'; write KEY=VALUE.")
    if group in conf_dirs.GROUPS and (not value.isascii() or value.isdigit()) and not set(value) & set("'\"()[]{}$"):
        return group + equals + ",".join(_quoted(name) for name in value.split(","))
    return override


def _quoted(text: str) -> str:
    """`text` as a string of Hydra's override grammar."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
