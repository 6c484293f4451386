"""The verb that shows a run while it goes on: `watch`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import shown

LOOK_EVERY_S = 1.0
WIDTH = 120  # where there is no terminal


def watch(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, whatever its state.")],
    once: Annotated[bool, typer.Option("--once", help="Print what there is now, and stop.")] = False,
) -> None:
    """Watch a run: progress, returns, rates, delays.

    Reads the tables alone, so it disturbs no run. It ends with the run; without a terminal it prints once.
    """
    with errors_to_exit_codes("watch"):
        from rich.console import Console
        from rich.live import Live

        from netgym_cli.analysis.watch import look, require_run
        from netgym_cli.analysis.watch_view import frame

        require_run(folder)
        if once or not sys.stdout.isatty():
            console = Console()
            console.width = console.width if console.is_terminal else WIDTH
            with console.capture() as text:
                console.print(frame(look(folder)))
            typer.echo(shown(text.get()), nl=False)
            return
        seen = look(folder)
        with Live(frame(seen), auto_refresh=False) as live:
            while seen.now.under_way:
                time.sleep(LOOK_EVERY_S)
                seen = look(folder)
                live.update(frame(seen), refresh=True)
