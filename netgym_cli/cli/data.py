"""The verbs about datasets: `data list`, `show`, `export`, `import`, `merge` and `check`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, say, table

data = typer.Typer(no_args_is_help=True, help="Look at, check and exchange datasets.", rich_markup_mode=None)


def complete(incomplete: str) -> list[str]:
    """Completes an id, for the shell."""
    try:
        from netgym_cli.datasets import ids

        return [one for one in ids() if one.startswith(incomplete)]
    except Exception:  # a folder that cannot be read completes to nothing
        return []


Id = Annotated[
    str, typer.Argument(metavar="ID", help="Such as netgym/nqos_split/system_default-v0.", autocompletion=complete)
]
BASE_ENV = (
    "The base environment that it is of, no variant: custom, dynamic_qos, energy_saving, gym, network_slicing, "
    "nqos_split, qos_steer or rmcat."
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Kind(StrEnum):
    """What a dataset is exported to."""

    parquet, hdf5, csv = "parquet", "hdf5", "csv"


@data.command("list")
def list_(as_json: Json = False) -> None:
    """List the datasets on this machine."""
    with errors_to_exit_codes("data list"):
        from netgym_cli.datasets.tools import listing

        found = listing.list_datasets()
        if as_json:
            print_json([asdict(one) for one in found])
        elif found:
            table(listing.HEADS, [one.row() for one in found])
        else:
            say(listing.none_lines())


@data.command()
def show(dataset: Id, as_json: Json = False) -> None:
    """Show what a dataset holds: who made it, what it earned, which actions it covers."""
    with errors_to_exit_codes("data show"):
        from netgym_cli.datasets import open_dataset
        from netgym_cli.datasets.tools import show as showing
        from netgym_cli.datasets.tools import show_text

        found = showing.describe(open_dataset(dataset))
        if as_json:
            print_json(found)
        else:
            say([*show_text.about_lines(found), *show_text.result_lines(found)])
            if "actions" in found:
                table(*show_text.action_table(found["actions"]))


@data.command()
def export(
    dataset: Id,
    to: Annotated[Kind, typer.Option("--to", help="A flat table (parquet, csv), or arrays as in D4RL (hdf5).")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PATH", help="The file; else named after the dataset.")
    ] = None,
) -> None:
    """Write a dataset to one file for other programs.

    For example data export netgym/nqos_split/system_default-v0 --to parquet
    """
    with errors_to_exit_codes("data export"):
        from netgym_cli.datasets import open_dataset
        from netgym_cli.datasets.tools import export as exporting

        path = exporting.export(open_dataset(dataset), to.value, output)
        say([f"wrote {path} ({path.stat().st_size / 1e6:.3g} MB)"])


@data.command("import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Files of NetworkGym's offline data, or their folder.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="ID", help="Else networkgym/ and the folder's or file's name.")
    ] = None,
    env: Annotated[str | None, typer.Option("--env", metavar="NAME", help=BASE_ENV)] = None,
) -> None:
    """Make a dataset of NetworkGym's offline data.

    Reads arrays only: nothing that a file names is imported or called.
    """
    with errors_to_exit_codes("data import"):
        from netgym_cli.compat.networkgym import import_data
        from netgym_cli.datasets.tools.metadata import counted

        found = import_data.import_trajectories(files, name, env, ["netgym", *sys.argv[1:]])
        held = [counted(found.files, "file"), counted(found.episodes, "episode"), counted(found.steps, "step")]
        say([f"{found.id}: {', '.join(held)} in {found.folder}"])
        say([f"next: netgym data show {found.id}"])


@data.command()
def merge(
    datasets: Annotated[list[str], typer.Argument(metavar="ID ID...", help="Datasets.", autocompletion=complete)],
    name: Annotated[str, typer.Option("--name", metavar="ID", help="Id of the new dataset.")],
) -> None:
    """Make one dataset of several of the same environment."""
    with errors_to_exit_codes("data merge"):
        from netgym_cli.datasets import open_dataset
        from netgym_cli.datasets.tools import merge as merging
        from netgym_cli.datasets.tools.metadata import counted

        found = merging.merge([open_dataset(one) for one in datasets], name)
        say(f"not complete: {one}; what was there was taken" for one in found.incomplete)
        say(f"dropped {counted(count, 'episode')} of {one}: there already" for one, count in found.dropped.items())
        say(
            [
                f"{found.id}: {counted(found.episodes, 'episode')} in {found.folder}",
                f"next: netgym data check {found.id}",
            ]
        )


@data.command()
def check(dataset: Id, as_json: Json = False) -> None:
    """Check that a dataset is what it says: every entry, hash and reward."""
    with errors_to_exit_codes("data check"):
        from netgym_cli.datasets.tools import check as checking
        from netgym_cli.datasets.tools import check_result

        found = checking.check(dataset)
        if as_json:
            print_json([asdict(one) for one in found])
        else:
            table(["check", "", "message"], [[one.name, one.outcome, one.message] for one in found])
            say(checking.advice(dataset, found))
        if any(one.outcome == check_result.FAILED for one in found):
            raise typer.Exit(1)
