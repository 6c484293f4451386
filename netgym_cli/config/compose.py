"""All of Hydra: from overrides and conf/ directories to one composed config, and on to a run in its own folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import configure_log, run_job
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs, members, messages, output_dirs, user_files

Task = Callable[[DictConfig], Any]
CONFIG_NAME, ACTION_CHANNEL = "config", "channel.action"


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
        self.overrides = [*members.search_path(self.folders), *_action_channel_first(self.task_overrides)]
        self.hydra = members.new_hydra()

    def whole(self, mode: RunMode = RunMode.RUN) -> DictConfig:
        """The composed config with Hydra's own part."""
        with members.composing(), self.errors_explained():
            config = self.hydra.compose_config(CONFIG_NAME, [*self.overrides, f"hydra.mode={mode.name}"], mode)
        with self.errors_explained():
            members.place_action_channel(config, self.folders)
        return config

    def compose(self) -> DictConfig:
        """The composed config without Hydra's own part."""
        return without_hydra(self.whole())

    def chooses(self, group: str) -> bool:
        """Whether the overrides choose a member of `group`, rather than leave it at the default."""
        return any(override.partition("=")[0] == group for override in self.task_overrides)

    def applied_to(self, values: Mapping[str, Any]) -> DictConfig:
        """A config of these plain `values`, with the overrides in place of what they override."""
        config: DictConfig = OmegaConf.create(dict(values))
        with self.errors_explained(), open_dict(config):
            for override in OverridesParser.create().parse_overrides(self.task_overrides):
                OmegaConf.update(config, override.key_or_group, override.value(), merge=True)
                members.place_action_channel(config, self.folders)
        return config

    def files(self) -> list[tuple[str, Path]]:
        """The YAML files that were composed, as (place in the config, file), the ones that others build on first."""
        with members.composing(), self.errors_explained():
            config = self.hydra.compose_config(CONFIG_NAME, self.overrides, RunMode.RUN)
            action = OmegaConf.select(config, ACTION_CHANNEL)
        name = action.get("name") if OmegaConf.is_dict(action) else action
        second: list[tuple[str, Path]] = []
        if name in conf_dirs.members("channel", self.folders):
            second = self._files(None, members.placed("channel", name, ACTION_CHANNEL, self.folders))
        return [*second, *self._files(CONFIG_NAME, self.overrides)]

    def _files(self, config_name: str | None, overrides: list[str]) -> list[tuple[str, Path]]:
        with members.composing(), self.errors_explained():
            loaded = self.hydra.config_loader.compute_defaults_list(config_name, overrides, RunMode.RUN).defaults
        files = []
        for default in loaded:
            for folder in (conf_dirs.builtin(), *self.folders):
                if (file := folder / f"{default.config_path or ''}.yaml").is_file():
                    files.append((default.package or "", file))
                    break
        return files

    def print_config(self, part: str, resolve: bool) -> None:
        """Prints the composed config as YAML: `job`, `hydra` or `all`."""
        with self.errors_explained():
            self.hydra.show_cfg(CONFIG_NAME, self.overrides, cfg_type=part, package=None, resolve=resolve)

    def print_info(self, what: str) -> None:
        """Prints Hydra's information on how the config is composed, such as `defaults-tree` or `searchpath`."""
        with self.errors_explained():
            self.hydra.show_info(what, CONFIG_NAME, self.overrides)

    def run(self, config: DictConfig, task: Task) -> Any:
        """Calls `task` in a new run folder with `config`, which `whole` composed; returns what it returns.

        Hydra's own `run` would compose another one.
        """
        with self.errors_explained(), output_dirs.making(output_dirs.RUN_DIR):
            configure_log(config.hydra.hydra_logging, config.hydra.verbose)
            callbacks = Callbacks(config)
            callbacks.on_run_start(config=config, config_name=CONFIG_NAME)
            job = run_job(
                hydra_context=HydraContext(config_loader=self.hydra.config_loader, callbacks=callbacks),
                task_function=task,
                config=config,
                job_dir_key=output_dirs.RUN_DIR,
                job_subdir_key=None,
            )
            callbacks.on_run_end(config=config, config_name=CONFIG_NAME, job_return=job)
            return job.return_value

    def multirun(self, task: Task) -> Any:
        """Calls `task` for every point of the grid through Hydra's sweeper and launcher."""
        with self.errors_explained(), output_dirs.making(output_dirs.SWEEP_DIR):
            return self.hydra.multirun(CONFIG_NAME, task, [*self.overrides, "hydra.mode=MULTIRUN"])

    @contextmanager
    def errors_explained(self) -> Iterator[None]:
        """Turns what Hydra, OmegaConf and YAML raise into one `ConfigError`."""
        with members.errors_explained(self._known_keys):
            yield

    def _known_keys(self) -> list[str]:
        """Every dotted key of the config that the chosen groups make; of the default one where they cannot."""
        choices = (*conf_dirs.GROUPS, f"+channel@{ACTION_CHANNEL}", "hydra.searchpath")
        groups = [override for override in self.overrides if override.partition("=")[0] in choices]
        for overrides in (groups, []):
            try:
                config = self.hydra.compose_config(CONFIG_NAME, overrides, RunMode.RUN)
            except messages.CAUSES:
                continue
            keys: Any = OmegaConf.to_container(without_hydra(config), resolve=False)
            return list(messages.dotted_keys(keys))
        return []


def compose(overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> DictConfig:
    """The config that `overrides` compose. Raises `ConfigError`."""
    return Composer(overrides, config_dirs).compose()


def choices_of(config: DictConfig) -> dict[str, str]:
    """Group, such as `env`, to the name that a config composed with Hydra's own part has its member from."""
    chosen = OmegaConf.select(config, "hydra.runtime.choices") or {}
    return {group: str(chosen[group]) for group in conf_dirs.GROUPS if chosen.get(group) is not None}


def without_hydra(config: DictConfig) -> DictConfig:
    """A copy of a composed config without Hydra's own part."""
    own = deepcopy(config)
    with open_dict(own):
        del own["hydra"]
    return own


def _action_channel_first(overrides: Sequence[str]) -> list[str]:
    """`overrides`, with the action channel's name as a choice of Hydra's where others are of its single keys."""
    if not any(override.lstrip("+").startswith(f"{ACTION_CHANNEL}.") for override in overrides):
        return list(overrides)
    named = re.compile(rf"{re.escape(ACTION_CHANNEL)}=(?!null$)[^{{]")
    return [f"+channel@{override}" if named.match(override) else override for override in overrides]


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
        return group + equals + ",".join(members.quoted(name) for name in value.split(","))
    return override
