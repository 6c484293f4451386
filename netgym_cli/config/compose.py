"""All of Hydra: from overrides and conf/ directories to one composed config, and on to a run in its own folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs, messages, output_dirs, user_files

if TYPE_CHECKING:
    from hydra._internal.hydra import Hydra


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

    def whole(self, mode: RunMode = RunMode.RUN) -> DictConfig:
        """The composed config with Hydra's own part."""
        with _lock, self.errors_explained():
            return self.hydra.compose_config(CONFIG_NAME, self.overrides, mode)

    def compose(self) -> DictConfig:
        """The composed config without Hydra's own part."""
        config = self.whole()
        with open_dict(config):
            del config["hydra"]
        return config

    def chooses(self, group: str) -> bool:
        """Whether the overrides choose a member of `group`, rather than leave it at the default."""
        return any(override.partition("=")[0] == group for override in self.task_overrides)

    def applied_to(self, values: Mapping[str, Any]) -> DictConfig:
        """A config of these plain `values`, with the overrides in place of what they override."""
        config: DictConfig = OmegaConf.create(dict(values))
        with self.errors_explained(), open_dict(config):
            for override in OverridesParser.create().parse_overrides(self.task_overrides):
                OmegaConf.update(config, override.key_or_group, override.value(), merge=True)
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
