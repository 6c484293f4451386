"""The user's own modules: importable once something names one, and by that name only.

Until then neither the working directory nor a config directory is searched, so that a file there that is called like a
module of Python's or of a library's is never taken for it. Afterwards they are searched last.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from types import ModuleType

_folders: list[str] = []  # where modules may lie, in the order of the search


def search_in(folders: Iterable[str]) -> None:
    """Has the modules that are named from now on searched in these folders, too, after those of earlier calls."""
    _folders.extend(folder for folder in folders if folder not in _folders)


def searched() -> list[str]:
    """The folders of all calls of `search_in`."""
    return list(_folders)


def allow() -> None:
    """Lets code of the user's, which something has named, import from the folders."""
    sys.path.extend(folder for folder in _folders if folder not in sys.path)


def import_named(module: str) -> ModuleType:
    """The module that a config names. Raises `ImportError`, and whatever the module raises."""
    allow()
    return importlib.import_module(module)


def chosen_path() -> list[str]:
    """The folders of PYTHONPATH; an empty entry, as a colon at its end makes, stands for the working directory."""
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def child_environment() -> dict[str, str]:
    """The environment of a Python process that must not search the working directory for want of a name."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(chosen_path())}
