"""The verbs that tell what came of runs: `report` and `compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.arguments import Json
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, results_on_disk, say, table


def report(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Runs, grids of train -m, and results of netgym evaluate.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The page, .html.")] = Path("report.html"),
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="PATH", help="Every number: one .csv file, or a folder of them.")
    ] = None,
    png: Annotated[Path | None, typer.Option("--png", metavar="DIR", help="Every figure, for papers.")] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="Agent to compare with; else system_default, or random.")
    ] = None,
) -> None:
    """Make a page of what runs and evaluations came to.

    One HTML file that loads nothing. For example report outputs/ppo_seeds outputs/ppo_seeds_evaluated
    """
    with errors_to_exit_codes("report"):
        from netgym_cli.analysis.report.make import make

        made = make(folders, output, csv, png, baseline)
        with results_on_disk():
            say([made.verdict, f"report: {output}"])
            say([f"numbers: {csv}"] if csv else [])
            say([f"{made.figures} figures: {png}"] if png else [])


def compare(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Folders of two runs or more.")],
    as_json: Json = False,
) -> None:
    """Compare runs: configs, versions, results, tables.

    Differences are those to the first run. For example compare outputs/a outputs/b
    """
    with errors_to_exit_codes("compare"):
        from netgym_cli.analysis import compare as comparison

        found = comparison.compare(folders)
        if as_json:
            print_json(comparison.as_json(found))
            return
        with results_on_disk():
            for title, heads, rows in comparison.tables(found):
                say([title])
                table(heads, rows)
            say(comparison.remarks(found))
