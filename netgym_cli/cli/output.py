"""How the command line prints: lines, tables, JSON, the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any

import typer


def say(lines: Iterable[str]) -> None:
    """Prints human-readable lines."""
    for line in lines:
        typer.echo(line)


def print_json(value: Any) -> None:
    """Prints `value` as JSON; paths become text."""
    typer.echo(json.dumps(value, indent=2, default=str))


def table(heads: list[str], rows: list[list[str]]) -> None:
    """Prints a table that fits the terminal; a word that is too long for its column goes on in the next line."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        grid.add_column(head, overflow="fold")
    for row in rows:
        grid.add_row(*map(Text, row))
    console = Console()
    console.width = console.width if console.is_terminal else 200
    console.print(grid)


def show_log() -> None:
    """Logs long operations (compiling) and loaded user classes to stderr."""
    log = logging.getLogger("netgym_cli")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
    log.propagate = False
