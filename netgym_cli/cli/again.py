"""The verb that does a run once more: `replay`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.arguments import ConfigDir, Json, Trust
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, results_on_disk, say
from netgym_cli.common.errors import ConfigError


def replay(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a complete run.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Keep the new run here.")] = None,
    actions: Annotated[bool, typer.Option("--actions", help="Do its recorded actions, without its agent.")] = False,
    trust: Trust = False,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Do a run once more, and compare it to the bit.

    Compares all tables but for times on the clock, and all models; exits 1 and names the first step that differs.
    """
    with errors_to_exit_codes("replay"):
        from netgym_cli.experiment.replay import replay as do_again
        from netgym_cli.experiment.replay_actions import replay_actions

        if actions and output is not None:
            raise ConfigError("--actions makes no run that could be kept; leave out --output.")
        dirs = config_dir or []
        done = replay_actions(folder, trust, dirs) if actions else do_again(folder, output, trust, dirs)
        with results_on_disk():
            if as_json:
                print_json(done.as_json())
            else:
                say(done.lines())
        if not done.equal:
            raise typer.Exit(1)
