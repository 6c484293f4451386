"""MLflow; where its runs go is what MLFLOW_TRACKING_URI says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netgym_cli.runs.trackers.base import PROJECT, Tracker

MOST_AT_ONCE = 100  # parameters in one call
MOST_LETTERS = 500  # of a parameter, which every store takes
STATES = {"complete": "FINISHED", "interrupted": "KILLED"}


class MlflowTracker(Tracker):
    """The config is its parameters, the outcome its tags."""

    module = "mlflow"

    def begin(self, name: str, config: Mapping[str, Any]) -> None:
        mlflow = self.library()
        mlflow.set_experiment(PROJECT)
        mlflow.start_run(run_name=name)
        texts = [(key, str(value)[:MOST_LETTERS]) for key, value in config.items()]
        for first in range(0, len(texts), MOST_AT_ONCE):
            mlflow.log_params(dict(texts[first : first + MOST_AT_ONCE]))

    def log(self, figures: Mapping[str, float], step: int) -> None:
        self.library().log_metrics(dict(figures), step=step)

    def end(self, status: str, outcome: Mapping[str, Any]) -> None:
        mlflow = self.library()
        mlflow.set_tags({key: str(value) for key, value in outcome.items()})
        mlflow.end_run(STATES.get(status, "FAILED"))
