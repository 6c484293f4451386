"""Weights & Biases; offline by WANDB_MODE=offline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netgym_cli.runs.trackers.init_log import InitLogTracker


class WandbTracker(InitLogTracker):
    """Its summary holds how the run ended."""

    module = "wandb"

    def end(self, status: str, outcome: Mapping[str, Any]) -> None:
        wandb = self.library()
        wandb.run.summary.update({"status": status, **outcome})
        wandb.finish(exit_code=0 if status == "complete" else 1)
