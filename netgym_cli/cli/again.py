"""The verb that does a run once more: `replay`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.arguments import ConfigDir, Json, Trust
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, results_on_disk, say


def replay(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a complete run.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Keep the new run here.")] = None,
    trust: Trust = False,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Do a run once more, and compare it to the bit.

    Compares all tables but for times on the clock, and all models; exits 1 and names the first step that differs.
    """
    with errors_to_exit_codes("replay"):
        from netgym_cli.experiment import replay as replays

        done = replays.replay(folder, output, trust, config_dir or [])
        with results_on_disk():
            if as_json:
                print_json(done.as_json())
            else:
                say(done.lines())
        if not done.equal:
            raise typer.Exit(1)
