"""The verbs about datasets: `data list`, `show`, `export`, `import`, `merge` and `check`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, results_on_disk, say, table

data = typer.Typer(no_args_is_help=True, help="Look at, check and exchange datasets.", rich_markup_mode=None)


def complete(incomplete: str) -> list[str]:
    """Completes an id, for the shell."""
    try:
        from netgym_cli.datasets import ids

        return [dataset_id for dataset_id in ids() if dataset_id.startswith(incomplete)]
    except Exception:  # a folder that cannot be read completes to nothing
        return []


Id = Annotated[
    str, typer.Argument(metavar="ID", help="Such as netgym/nqos_split/system_default-v0.", autocompletion=complete)
]
BASE_ENV = (
    "Its base environment, not a variant: custom, distributed_training, dynamic_qos, energy_saving, gym, "
    "network_slicing, nqos_split, qos_steer or rmcat."
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Kind(StrEnum):
    """A file format to export to."""

    parquet, hdf5, csv = "parquet", "hdf5", "csv"


@data.command("list")
def list_(as_json: Json = False) -> None:
    """List the datasets on this machine."""
    with errors_to_exit_codes("data list"):
        from netgym_cli.datasets.tools.listing import HEADS, list_datasets, none_lines

        datasets = list_datasets()
        if as_json:
            print_json([asdict(dataset) for dataset in datasets])
        elif datasets:
            table(HEADS, [dataset.row() for dataset in datasets])
        else:
            say(none_lines())


@data.command()
def show(dataset: Id, as_json: Json = False) -> None:
    """Show a dataset's origin, returns and covered actions."""
    with errors_to_exit_codes("data show"):
        from netgym_cli.datasets import open_dataset
        from netgym_cli.datasets.tools.show import describe
        from netgym_cli.datasets.tools.show_text import about_lines, action_table, result_lines

        described = describe(open_dataset(dataset))
        if as_json:
            print_json(described)
        else:
            say([*about_lines(described), *result_lines(described)])
            if "actions" in described:
                table(*action_table(described["actions"]))


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
        from netgym_cli.datasets.tools.export import export_dataset

        path = export_dataset(open_dataset(dataset), to.value, output)
        with results_on_disk():
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
        from netgym_cli.compat.networkgym.import_data import import_trajectories
        from netgym_cli.datasets.tools.metadata import counted

        imported = import_trajectories(files, name, env, ["netgym", *sys.argv[1:]])
        counts = [counted(imported.files, "file"), counted(imported.episodes, "episode")]
        counts.append(counted(imported.steps, "step"))
        with results_on_disk():
            say([f"{imported.id}: {', '.join(counts)} in {imported.folder}"])
            if imported.unnumbered:
                say([f"note: no seed in the name, noted by its place in the list: {', '.join(imported.unnumbered)}"])
            if env is None:
                say(["note: of no known environment; --env NAME would say of which, for agents and data check"])
            say([f"next: netgym data show {imported.id}"])


@data.command()
def merge(
    datasets: Annotated[list[str], typer.Argument(metavar="ID ID...", help="Datasets.", autocompletion=complete)],
    name: Annotated[str, typer.Option("--name", metavar="ID", help="Id of the new dataset.")],
) -> None:
    """Make one dataset of several of the same environment."""
    with errors_to_exit_codes("data merge"):
        from netgym_cli.datasets import open_dataset
        from netgym_cli.datasets.tools.merge import merge_datasets
        from netgym_cli.datasets.tools.metadata import counted

        merged = merge_datasets([open_dataset(dataset_id) for dataset_id in datasets], name)
        lines = [f"not complete: {source}; its present episodes were taken" for source in merged.incomplete]
        lines += [
            f"dropped {counted(count, 'episode')} of {source}: duplicates" for source, count in merged.dropped.items()
        ]
        lines += [f"{merged.id}: {counted(merged.episodes, 'episode')} in {merged.folder}"]
        with results_on_disk():
            say([*lines, f"next: netgym data check {merged.id}"])


@data.command()
def check(dataset: Id, as_json: Json = False) -> None:
    """Check every entry, hash and reward of a dataset."""
    with errors_to_exit_codes("data check"):
        from netgym_cli.datasets.tools.check import advice, check_dataset
        from netgym_cli.datasets.tools.check_result import FAILED

        verdicts = check_dataset(dataset)
        if as_json:
            print_json([asdict(verdict) for verdict in verdicts])
        else:
            table(["check", "", "message"], [[verdict.name, verdict.outcome, verdict.message] for verdict in verdicts])
            say(advice(dataset, verdicts))
        if any(verdict.outcome == FAILED for verdict in verdicts):
            raise typer.Exit(1)
