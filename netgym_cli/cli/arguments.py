"""Arguments and options that several verbs share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def complete(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes an override, for the shell: groups, their members and keys."""
    from netgym_cli.cli.completion import completions

    try:
        return completions([*(ctx.params.get("overrides") or []), incomplete], ctx.params.get("config_dir") or [])
    except Exception:  # a broken config completes to nothing
        return []


Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE...", help="Such as env=nqos_split agent=ppo seed=1.", autocompletion=complete),
]
ConfigDir = Annotated[
    list[Path] | None,
    typer.Option("--config-dir", "-cd", help="A conf directory of your own; may be given several times."),
]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Sessions at once; else one per CPU.")]
Trust = Annotated[bool, typer.Option("--trust", help="Take what was made elsewhere; models and configs can run code.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def command() -> list[str]:
    """The command line as it was typed."""
    return ["netgym", *sys.argv[1:]]
