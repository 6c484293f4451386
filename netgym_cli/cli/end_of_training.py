"""What the command line says at the end of a training: its summary, then how the agent stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from netgym_cli.cli.arguments import command
from netgym_cli.cli.exit_codes import INCOMPLETE
from netgym_cli.cli.output import print_json, results_on_disk, say, shown

if TYPE_CHECKING:
    from netgym_cli.experiment.summary import Summary


def finish(summary: Summary, as_json: bool = False) -> None:
    """Prints the summary of a complete run, evaluates its agent as the config asks for, and prints the outcome.

    Args:
        summary: the run's.
        as_json: print both at the end, as JSON.

    Raises:
        typer.Exit: with 3, the evaluation failed; the training is complete all the same.
        KeyboardInterrupt: the evaluation was interrupted.
    """
    from netgym_cli.evaluation.at_end import EndEvaluationFailed
    from netgym_cli.evaluation.training import evaluated

    with results_on_disk():
        say([] if as_json else summary.lines())
    try:
        summary = evaluated(summary, command())
    except EndEvaluationFailed as error:
        for told in (f"netgym train: {error}", *getattr(error, "__notes__", [])):
            typer.echo(shown(told), err=True)
        raise typer.Exit(INCOMPLETE) from error
    with results_on_disk():
        if as_json:
            print_json(asdict(summary))
        elif summary.outcome is not None:
            prefix = "note: " if summary.outcome["status"] == "skipped" else ""
            say([prefix + summary.outcome["told"]])
