"""All of Hydra: from overrides and conf/ directories to one composed config, and on to a run in its own folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import configure_log, env_override, run_job
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs, elsewhere, hydra_part, members, messages, output_dirs, user_files
from netgym_cli.config.overrides import ACTION_CHANNEL, action_channel_first, key_of, readable

Task = Callable[[DictConfig], Any]
CONFIG_NAME = "config"


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
        self.task_overrides = [readable(override) for override in overrides]
        user_files.check_chosen(self.task_overrides, self.folders)
        self.overrides = action_channel_first(self.task_overrides)
        self.hydra = members.new_hydra(self.folders)

    def whole(self, mode: RunMode = RunMode.RUN) -> DictConfig:
        """The composed config with Hydra's own part."""
        with members.composing(), self.errors_explained():
            if self.folders:
                hydra_part.require_harmless_files(self._parts(CONFIG_NAME, self.overrides), self.folders)
            try:
                config = self.hydra.compose_config(CONFIG_NAME, [*self.overrides, f"hydra.mode={mode.name}"], mode)
            except KeyError as error:  # the only thing that Hydra takes from a dictionary that is not its own
                raise ConfigError(f"hydra.job.env_copy names {error}, which no environment variable has.") from error
            hydra_part.require_harmless(config)
        with self.errors_explained():
            members.place_action_channel(config, self.folders)
        return config

    def choosing(self, overrides: Sequence[str]) -> DictConfig:
        """The config with Hydra's own part that `overrides` alone make, with the same directories."""
        with members.composing(), self.errors_explained():
            searched = [override for override in self.overrides if key_of(override) == "hydra.searchpath"]
            return self.hydra.compose_config(CONFIG_NAME, [*overrides, *searched], RunMode.RUN)

    def compose(self) -> DictConfig:
        """The composed config without Hydra's own part."""
        return _take_hydra(self.whole())

    @property
    def mode(self) -> RunMode | None:
        """What `hydra.mode` asks for, on the command line or in a YAML file; None if nothing does."""
        if not self.folders and not any(key_of(override) == "hydra.mode" for override in self.overrides):
            return None
        with members.composing():
            mode: RunMode | None = self.hydra.get_mode(CONFIG_NAME, self.overrides)
        return mode

    @property
    def hydra_overrides(self) -> list[str]:
        """Those of the overrides that are of Hydra's own part."""
        return [override for override in self.task_overrides if key_of(override).startswith(("hydra.", "hydra/"))]

    @property
    def asks_for_grid(self) -> bool:
        """Whether `mode` is that of `-m`."""
        return self.mode is RunMode.MULTIRUN

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
            second = self._files(None, members.placed("channel", name, ACTION_CHANNEL))
        return [*second, *self._files(CONFIG_NAME, self.overrides)]

    def _files(self, config_name: str | None, overrides: list[str]) -> list[tuple[str, Path]]:
        with members.composing(), self.errors_explained():
            parts = self._parts(config_name, overrides)
        files = []
        for place, path in parts:
            for folder in (conf_dirs.builtin(), *self.folders):
                if (file := folder / f"{path}.yaml").is_file():
                    files.append((place, file))
                    break
        return files

    def _parts(self, config_name: str | None, overrides: list[str]) -> list[tuple[str, str]]:
        """Place in the config and path, without its ending, of every file that Hydra composes."""
        loaded = self.hydra.config_loader.compute_defaults_list(config_name, overrides, RunMode.RUN).defaults
        return [(part.package or "", part.config_path or "") for part in loaded]

    def print_config(self, part: str, resolve: bool) -> None:
        """Prints the composed config as YAML: `job`, `hydra` or `all`."""
        self.whole()
        with self.errors_explained():
            self.hydra.show_cfg(CONFIG_NAME, self.overrides, cfg_type=part, package=None, resolve=resolve)

    def print_info(self, what: str) -> None:
        """Prints Hydra's information on how the config is composed, such as `defaults-tree` or `searchpath`."""
        self.whole()
        with self.errors_explained():
            self.hydra.show_info(what, CONFIG_NAME, self.overrides)

    def run(self, config: DictConfig, task: Task) -> Any:
        """Calls `task` in a new run folder with `config`, which `whole` composed; returns what it returns.

        Hydra's own `run` would compose another one.
        """
        with self.errors_explained(), output_dirs.making(output_dirs.RUN_DIR):
            configure_log(config.hydra.hydra_logging, config.hydra.verbose)
            callbacks = Callbacks(config)
            job = run_job(
                hydra_context=HydraContext(config_loader=self.hydra.config_loader, callbacks=callbacks),
                task_function=task,
                config=config,
                job_dir_key=output_dirs.RUN_DIR,
                job_subdir_key=None,
            )
            return job.return_value

    def job(self, whole: DictConfig, number: int, overrides: Sequence[str], folder: Path, task: Task) -> Any:
        """Calls `task` for one job of a grid, as Hydra's own launcher does, but in a folder that is known already.

        Args:
            whole: the composed config of the grid.
            number: of the job.
            overrides: those of its point, without what is Hydra's own.
            folder: its run folder.
            task: gets the job's config; what it raises is raised.
        """
        failed: list[Exception] = []

        def guarded(config: DictConfig) -> Any:  # Hydra would report an exception in its own words
            try:
                return task(config)
            except Exception as error:
                failed.append(error)
                return None

        with self.errors_explained():
            config = self.hydra.config_loader.load_sweep_config(whole, action_channel_first(overrides))
            output_dirs.place_job(config, number, folder)
            job = run_job(
                hydra_context=HydraContext(config_loader=self.hydra.config_loader, callbacks=Callbacks(whole)),
                task_function=guarded,
                config=config,
                job_dir_key=output_dirs.SWEEP_DIR,
                job_subdir_key="hydra.sweep.subdir",
            )
        if failed:
            raise failed[0]
        return job.return_value

    @contextmanager
    def surroundings(self, whole: DictConfig, folder: Path) -> Iterator[None]:
        """Inside it environment variables and working directory are those that Hydra gives a job in `folder`."""
        variables: Any = OmegaConf.to_container(whole.hydra.job.env_set, resolve=True)
        with env_override(variables), chdir(folder) if whole.hydra.job.chdir else nullcontext():
            yield

    def multirun(self, task: Task) -> Any:
        """Calls `task` for every point of the grid through Hydra's sweeper and launcher."""
        with self.errors_explained(), output_dirs.making(output_dirs.SWEEP_DIR):
            return self.hydra.multirun(CONFIG_NAME, task, [*self.overrides, "hydra.mode=MULTIRUN"])

    @contextmanager
    def errors_explained(self) -> Iterator[None]:
        """Turns what Hydra, OmegaConf and YAML raise into one `ConfigError`."""
        with members.errors_explained(self._known_keys, self._why_unknown):
            yield

    def _known_keys(self) -> list[str]:
        """Every dotted key of the config that the chosen groups make; of the default one where they cannot."""
        keys: Any = OmegaConf.to_container(without_hydra(self._groups()), resolve=False)
        return list(messages.dotted_keys(keys))

    def _why_unknown(self, key: str) -> str | None:
        config = self._groups()
        action = OmegaConf.select(config, f"{ACTION_CHANNEL}.name", default=None)
        return elsewhere.why_unknown(key, {**config.hydra.runtime.choices, ACTION_CHANNEL: action}, self.folders)

    def _groups(self) -> DictConfig:
        """The config that the choices of groups alone compose, or nothing at all if they cannot."""
        choices = (*conf_dirs.CHOICES, f"channel@{ACTION_CHANNEL}", "hydra.searchpath")
        groups = [override for override in self.overrides if key_of(override) in choices]
        try:
            return self.hydra.compose_config(CONFIG_NAME, groups, RunMode.RUN)
        except messages.CAUSES:
            return self.hydra.compose_config(CONFIG_NAME, [], RunMode.RUN)


def compose(overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> DictConfig:
    """The config that `overrides` compose. Raises `ConfigError`."""
    return Composer(overrides, config_dirs).compose()


def choices_of(config: DictConfig) -> dict[str, str]:
    """Group, such as `env`, to the name that a config composed with Hydra's own part has its member from."""
    chosen = OmegaConf.select(config, "hydra.runtime.choices") or {}
    return {group: str(chosen[group]) for group in conf_dirs.CHOICES if chosen.get(group) is not None}


def without_hydra(config: DictConfig) -> DictConfig:
    """A copy of a composed config without Hydra's own part."""
    return _take_hydra(deepcopy(config))


def _take_hydra(config: DictConfig) -> DictConfig:
    with open_dict(config):
        del config["hydra"]
    return config
