"""The program of a process that plays sessions of an evaluation."""

from __future__ import annotations

from netgym_cli.evaluation.rollout import measure
from netgym_cli.experiment.task import Task
from netgym_cli.jobs.worker import Emit, serve


def means(line: str, emit: Emit) -> dict[str, float]:
    """The figures of the task in `line`."""
    return measure(Task.from_line(line))


if __name__ == "__main__":
    serve(means)
