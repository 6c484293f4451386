"""Trackio, which keeps its runs on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netgym_cli.runs.trackers.init_log import InitLogTracker


class TrackioTracker(InitLogTracker):
    """It has no summary of a run: how it ended is the last thing that is logged."""

    module = "trackio"

    def end(self, status: str, outcome: Mapping[str, Any]) -> None:
        self.library().log({"status": status, **outcome})
        super().end(status, outcome)
