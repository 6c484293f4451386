"""The program of a process that plays sessions of an evaluation."""

from __future__ import annotations

from netgym_cli.crew.program import Tell, serve
from netgym_cli.crew.task import Task
from netgym_cli.evaluation.play import play


def means(line: str, tell: Tell) -> dict[str, float]:
    """The figures of the task in `line`."""
    return play(Task.from_line(line))


if __name__ == "__main__":
    serve(means)
