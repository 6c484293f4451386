"""A member by itself, as Hydra composes it, and the second place of the channel group: `channel.action`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra import initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs, loading, messages, user_files
from netgym_cli.config.overrides import quoted

if TYPE_CHECKING:
    from hydra._internal.hydra import Hydra

_lock = threading.Lock()


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


# A worker forked while another thread composes would wait for ever on the lock it inherited.
os.register_at_fork(after_in_child=_renew_lock)


@contextmanager
def composing() -> Iterator[None]:
    """Inside it no other thread composes: Hydra has global state."""
    with _lock:
        yield


def new_hydra(folders: Sequence[Path] = ()) -> Hydra:
    """A Hydra that searches netgym's conf/ and then `folders`, the user's.

    One that the calling program may have initialised stays as it was.
    """
    with composing():
        before = GlobalHydra.instance().hydra
        GlobalHydra.instance().clear()
        try:
            with initialize_config_dir(config_dir=str(conf_dirs.builtin()), job_name="netgym", version_base="1.3"):
                hydra = GlobalHydra.instance().hydra
                assert hydra is not None
                hydra.config_loader = loading.Loader(_with(folders, hydra.config_loader.get_search_path()))
                return hydra
        finally:
            GlobalHydra.instance().hydra = before


def _with(folders: Sequence[Path], search_path: ConfigSearchPath) -> ConfigSearchPath:
    """A search path with `folders` behind netgym's own; the schemas that Hydra looks for last stay last."""
    for folder in folders:
        search_path.prepend("--config-dir", f"file://{folder}", anchor="schema")  # right before them
    return search_path


@contextmanager
def errors_explained(
    known_keys: Callable[[], Sequence[str]], why_unknown: Callable[[str], str | None] = lambda key: None
) -> Iterator[None]:
    """Turns what Hydra, OmegaConf and YAML raise into one `ConfigError`; arguments as for `messages.explain`."""
    try:
        yield
    except ConfigError:
        raise
    except messages.CAUSES as error:
        raise ConfigError(messages.explain(error, known_keys, why_unknown)) from error


def placed(group: str, name: str, place: str) -> list[str]:
    """The overrides that let Hydra put a member at a dotted `place` of a config, without netgym's conf/config.yaml."""
    return [f"+{group}@{place}={quoted(name)}"]


def channel_keys(given: Any, place: str, folders: Sequence[Path] = ()) -> dict[str, Any]:
    """Every key of a channel that is named, or described in part by a mapping with its `name`.

    Args:
        given: `mobile`, or `{name: mobile, loss: 0.1}`; a `module:Class` has no YAML file, and all keys must be given.
        place: where it is in the config: `channel` or `channel.action`.
        folders: the user's own conf directories.

    Raises:
        ConfigError: it names no channel, or the channel's YAML file cannot be composed.
    """
    keys: Any = OmegaConf.to_container(given) if OmegaConf.is_config(given) else given
    keys = {"name": keys} if isinstance(keys, str) else keys
    if not isinstance(keys, Mapping) or not isinstance(name := keys.get("name"), str):
        raise ConfigError(f"{place} is {keys!r}; allowed: the name of a channel, or a mapping with its 'name'.")
    if ":" in name:
        return dict(keys)
    known = conf_dirs.members("channel", folders)
    if name not in known:
        raise ConfigError(f"{place}: {conf_dirs.unknown_member('channel', name, list(known))}")
    own = _own_keys(name, place, folders) if folders else _builtin_keys(name, place)
    return {**own, **keys, "name": own["name"]}


def place_action_channel(config: DictConfig, folders: Sequence[Path]) -> None:
    """Replaces `channel.action`, a channel's name or a mapping of some of its keys, by all of them."""
    channel = config.get("channel")
    if OmegaConf.is_dict(channel) and (action := channel.get("action")) is not None:
        with open_dict(config):
            config.channel.action = channel_keys(action, "channel.action", folders)


def _own_keys(name: str, place: str, folders: Sequence[Path]) -> dict[str, Any]:
    user_files.check("channel", name, folders)
    hydra = new_hydra(folders)
    with composing(), errors_explained(list):
        config = hydra.compose_config(None, placed("channel", name, place), RunMode.RUN)
        keys: Any = OmegaConf.to_container(OmegaConf.select(config, place), resolve=True)
    if not isinstance(keys, dict) or not isinstance(keys.get("name"), str):
        raise ConfigError(f"{place}: the YAML file of channel '{name}' gives no 'name'.")
    return keys


@cache
def _builtin_keys(name: str, place: str) -> dict[str, Any]:
    return _own_keys(name, place, ())
