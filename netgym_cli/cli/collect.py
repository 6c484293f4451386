"""The verb that makes datasets: `collect`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from netgym_cli.cli.arguments import ConfigDir, Jobs, Json, Trust, command, complete
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, results_on_disk, say


def collect(
    requests: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|KEY=VALUE]...",
            help="env=NAME; agent=NAME or a trained RUN; episodes=20 in all; seeds=0..63; jobs=2; name=ID; "
            "licence=CC-BY-4.0.",
            autocompletion=complete,
        ),
    ] = None,
    default_action: Annotated[
        bool, typer.Option("--default-action", help="Leave control to the environment's default algorithm.")
    ] = False,
    jobs: Jobs = None,
    trust: Trust = False,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Collect a dataset for offline training.

    After an interruption the same command continues.
    For example collect env=nqos_split --default-action episodes=20
    """
    with errors_to_exit_codes("collect"):
        from netgym_cli.collection.verb import collect as collect_dataset

        collected = collect_dataset(requests or [], config_dir or [], default_action, trust, command(), jobs)
        if as_json:
            print_json(asdict(collected))
        else:
            with results_on_disk():
                say(collected.lines())
