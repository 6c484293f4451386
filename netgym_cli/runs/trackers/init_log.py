"""Trackers whose module has `init`, `log` and `finish`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netgym_cli.runs.trackers.base import PROJECT, Tracker


class InitLogTracker(Tracker):
    """The interface that Weights & Biases has and Trackio took over."""

    def begin(self, name: str, config: Mapping[str, Any]) -> None:
        self.library().init(project=PROJECT, name=name, config=dict(config))

    def log(self, figures: Mapping[str, float], step: int) -> None:
        self.library().log(dict(figures), step=step)

    def end(self, status: str, outcome: Mapping[str, Any]) -> None:
        self.library().finish()
