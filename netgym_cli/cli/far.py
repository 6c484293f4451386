"""The verbs of a machine that simulates for others: `relay` and `serve`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from netgym_cli.cli.arguments import Json
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, table
from netgym_cli.common.errors import ConfigError


def relay(
    alone: Annotated[
        bool, typer.Option("--alone", help="Make the simulator in this process's own care, without netgym serve.")
    ] = False,
) -> None:
    """Carry one session of a trainer on another machine."""
    with errors_to_exit_codes("relay"):
        from netgym_cli.simulators.remote import relay as far

        if sys.stdin.isatty():
            raise ConfigError(
                "stdin is a terminal; a relay is started by a trainer whose simulator.host or simulator.command names "
                "this machine, and talks to it on stdin and stdout."
            )
        far.run(alone)


def serve(
    status: Annotated[bool, typer.Option("--status", help="Print who simulates here now, and stop.")] = False,
    places: Annotated[
        int | None, typer.Option("--places", min=1, help="Most sessions at once; else as many as a trainer says.")
    ] = None,
    idle_minutes: Annotated[
        float, typer.Option("--idle-minutes", min=0.0, help="End when nobody has wanted anything for so long.")
    ] = 10.0,
    as_json: Json = False,
) -> None:
    """Make the simulators of this user's relays, which start it."""
    with errors_to_exit_codes("serve"):
        from netgym_cli.simulators.remote import daemon

        if status:
            _show(daemon.status(), as_json)
            return
        from netgym_cli.simulators.remote.session_service import SessionService

        typer.echo(f"serving on {daemon.socket_path()}", err=True)
        if not daemon.serve(SessionService(places), idle_minutes * 60):
            raise ConfigError("another process serves already; netgym serve --status shows it.")


def _show(told: dict[str, object] | None, as_json: bool) -> None:
    if as_json:
        print_json(told)
    elif told is None:
        typer.echo("netgym serve does not run")
    else:
        places = "as many places as trainers say" if told["places"] is None else f"{told['places']} places"
        typer.echo(f"process {told['pid']}, {places}")
        sessions = told["sessions"]
        assert isinstance(sessions, list)
        heads = ["client", "scenario", "seed", "steps", "for s", "silent s", "process"]
        keys = ("client", "scenario", "seed", "steps", "for_s", "silent_s", "pid")
        table(heads, [[str(session[key]) for key in keys] for session in sessions])
