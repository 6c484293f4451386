"""Modules under the names they had in netgym 0.1, for the files of users; each says its new name once."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

log = logging.getLogger(__name__)

PACKAGE = "netgym_cli"
NEW_NAMES = {
    "adapters": "envs",
    "agents._sb3_config": "agents.sb3.config",
    "behind_channel": "wrappers.build",
    "check": "envs.checker",
    "compose": "config.compose",
    "env": "envs.network_env",
    "errors": "common.errors",
    "make": "envs.make",
    "metrics": "runs",
    "networked": "wrappers",
    "networked.netrl": "compat.netrl",
    "networkgym": "compat.networkgym.client",
    "registry": "common.registry",
    "run": "experiment.run",
    "session": "sessions",
}
# Written by programs, not by users: in the entry points of datasets' environments and in saved models.
QUIET = {"make", "agents._sb3_config"}


def install() -> None:
    """Lets the old names be imported. Harmless when called twice."""
    if not any(isinstance(finder, _OldNames) for finder in sys.meta_path):
        sys.meta_path.append(_OldNames())


class _OldNames:
    """Comes last: a module that exists is never looked for here."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, old = fullname.partition(".")
        if package != PACKAGE or (new := new_name(old)) is None:
            return None
        return importlib.util.spec_from_loader(fullname, _Alias(f"{PACKAGE}.{new}"), is_package=True)


class _Alias(Loader):
    """A module without content of its own: every name is looked up in the module `new`."""

    def __init__(self, new: str) -> None:
        self.new = new

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        real = importlib.import_module(self.new)
        if module.__name__.partition(".")[2] not in QUIET:
            log.warning("%s is now %s; the old name works for this release", module.__name__, self.new)
        module.__getattr__ = lambda name: getattr(real, name)  # type: ignore[method-assign]


def new_name(old: str) -> str | None:
    """The name below `netgym_cli` of what was `old` there; None if it was nothing, or nothing that users import."""
    if old in NEW_NAMES:
        return NEW_NAMES[old]
    package, _, member = old.partition(".")
    if package == "adapters" and member and not member.startswith("_"):
        return f"envs.builtin.{member}"
    if package == "networked" and member:
        return f"wrappers.{member}"
    return None
