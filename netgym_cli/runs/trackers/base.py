"""What netgym asks of a tracker of experiments."""

from __future__ import annotations

import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.registry import Registry

PROJECT = "netgym"  # what all runs are under


class Tracker(ABC):
    """One run in a tracker. Its methods may raise whatever the tracker's library raises.

    Attributes:
        module: what is imported; the package that is installed for it is `netgym[NAME]`.
    """

    module: ClassVar[str]

    def library(self) -> Any:
        """The tracker's own module."""
        return importlib.import_module(self.module)

    @abstractmethod
    def begin(self, name: str, config: Mapping[str, Any]) -> None:
        """Begins a run of this name, with dotted keys and plain values."""

    @abstractmethod
    def log(self, figures: Mapping[str, float], step: int) -> None:
        """Adds figures after so many steps of the run."""

    @abstractmethod
    def end(self, status: str, outcome: Mapping[str, Any]) -> None:
        """Ends it: `complete`, `failed` or `interrupted`, with texts and numbers that are known now."""


tracker_registry: Registry[Tracker] = Registry("tracker", "netgym_cli.runs.trackers.builtin", Tracker)


def require_installed(name: str) -> None:
    """Raises `ConfigError` if the package of a tracker, `none` excepted, is not there."""
    if name != "none" and importlib.util.find_spec(module := tracker_registry.load(name).module) is None:
        raise ConfigError(
            f"tracker is {name}, and its package '{module}' is not installed; install it by "
            f"`pip install 'netgym[{name}]'`, or leave out tracker={name}."
        )
