"""How the command line prints: lines, tables, JSON, the log."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer

from netgym_cli.common.files import plain_json


@contextmanager
def results_on_disk() -> Iterator[None]:
    """What is printed in here tells of results that are on the disk, so an output that takes no more is no failure."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        with suppress(OSError, ValueError):  # what is left in the buffer has to go somewhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # the reader has seen enough
            with suppress(OSError):
                typer.echo(f"note: the output could not be written ({error.strerror}); the results are there", err=True)


def shown(text: str) -> str:
    """`text` as a terminal may get it: names from files of others may hold what a terminal would obey."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def say(lines: Iterable[str]) -> None:
    """Prints human-readable lines."""
    for line in lines:
        typer.echo(shown(line))


def print_json(value: Any) -> None:
    """Prints `value` as JSON; paths become text, NaN and infinity null."""
    typer.echo(json.dumps(plain_json(value), indent=2, default=str))


def table(heads: list[str], rows: list[list[str]]) -> None:
    """Prints a table that fits the terminal; a word that is too long for its column goes on in the next line."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        grid.add_column(head, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(shown(cell)) for cell in row))
    console = Console()
    console.width = console.width if console.is_terminal else 200
    with console.capture() as text:  # printed by Rich itself, a closed pipe would be a SystemExit
        console.print(grid)
    typer.echo(text.get(), nl=False)


def show_log() -> None:
    """Logs long operations (compiling) and loaded user classes to stderr."""
    log, handler = logging.getLogger("netgym_cli"), logging.StreamHandler()
    handler.setFormatter(_Shown())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


class _Shown(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record))
