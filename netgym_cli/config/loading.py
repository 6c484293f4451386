"""Hydra's config loader, which remembers what it has read and merged for as long as none of the files has changed."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository, IConfigRepository
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.default_element import ResultDefault
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import DictConfig

MOST = 512  # files, and as many merged configs
# A file that was just written may change once more without a later time stamp: those of file systems are coarse.
SETTLED_NS = 100_000_000
State = tuple[Any, ...]

_files: dict[State, ConfigResult] = {}
_merged: dict[State, DictConfig] = {}
_nodes: list[object] = []


class Loader(ConfigLoaderImpl):
    """Composes what Hydra's own loader does, to the letter."""

    def __init__(self, search_path: ConfigSearchPath) -> None:
        super().__init__(search_path)
        self.repository = Repository(search_path)

    def _compose_config_from_defaults_list(self, defaults: list[ResultDefault], repo: IConfigRepository) -> DictConfig:
        files = Repository.of(repo)
        parts = [(part.config_path, part.package, part.primary, files.state(part.config_path)) for part in defaults]
        key: State | None = None if any(state is None for *_, state in parts) else tuple(parts)
        if key is not None and key in _merged:
            return copy.deepcopy(_merged[key])
        config = super()._compose_config_from_defaults_list(defaults, _Copies(repo))
        if key is not None:
            _remember(_merged, key, copy.deepcopy(config))
        return config


class Repository(ConfigRepository):
    """Where Hydra finds config files. What it loads is shared: whoever changes it takes a copy first."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Repository:
        """Hydra makes one for every composition, to give it other sources."""
        other = Repository.__new__(Repository)
        other.sources = list(self.sources)
        return other

    @staticmethod
    def of(repo: Any) -> Repository:
        """The repository behind the one that Hydra keeps for a composition."""
        own = getattr(repo, "delegate", repo)
        assert isinstance(own, Repository)
        return own

    def load_config(self, config_path: str) -> ConfigResult | None:
        state = self.state(config_path)
        if state is not None and state in _files:
            return _files[state]
        result = super().load_config(config_path)
        if state is not None and result is not None:
            _remember(_files, state, result)
        return result

    def state(self, config_path: str | None) -> State | None:
        """Something that differs once what `load_config` answers does; None if that cannot be known."""
        _forget_if_others_are_stored()
        source = None if config_path is None else self._find_object_source(config_path, ObjectType.CONFIG)
        if source is None or config_path is None:
            return (config_path,)
        where = (source.scheme(), source.path, source.provider, config_path)
        if source.scheme() == "structured":
            return where
        file = _file(source, ConfigSource._normalize_file_name(config_path))
        try:
            stat = None if file is None else file.stat()
        except OSError:
            return None
        if stat is None or time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) < SETTLED_NS:
            return None
        return (*where, stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


class _Copies(IConfigRepository):
    """What another repository loads, as copies: merging takes them to pieces."""

    def __init__(self, repo: IConfigRepository) -> None:
        self._repo = repo

    def load_config(self, config_path: str) -> ConfigResult | None:
        return copy.deepcopy(self._repo.load_config(config_path))

    def get_schema_source(self) -> ConfigSource:
        return self._repo.get_schema_source()

    def get_sources(self) -> list[ConfigSource]:
        return self._repo.get_sources()

    def group_exists(self, config_path: str) -> bool:
        return self._repo.group_exists(config_path)

    def config_exists(self, config_path: str) -> bool:
        return self._repo.config_exists(config_path)

    def get_group_options(self, group_name: str, results_filter: ObjectType | None = ObjectType.CONFIG) -> list[str]:
        return self._repo.get_group_options(group_name, results_filter)

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        self._repo.initialize_sources(config_search_path)


def _file(source: ConfigSource, name: str) -> Path | None:
    """The file that a source reads under this name; None for one in an archive or of another kind."""
    if source.scheme() == "file":
        return Path(os.path.realpath(os.path.join(source.path, name)))
    if source.scheme() != "pkg":
        return None
    found = resources.files(source.path).joinpath(name)
    return found if isinstance(found, Path) else None


def _remember(memory: dict[State, Any], state: State, thing: object) -> None:
    if len(memory) >= MOST:
        memory.clear()
    memory[state] = thing


def _forget_if_others_are_stored() -> None:
    """Configs that a program gives to Hydra's ConfigStore have no file: another one there may change everything."""
    stored = list(_stored(ConfigStore.instance().repo))
    if len(stored) != len(_nodes) or any(one is not other for one, other in zip(stored, _nodes, strict=True)):
        _files.clear()
        _merged.clear()
        _nodes[:] = stored


def _stored(group: dict[str, Any]) -> Iterator[object]:
    for entry in group.values():
        if isinstance(entry, dict):
            yield from _stored(entry)
        else:
            yield entry
