"""The verbs that write files for the user: `new env` and `import-config`."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.exit_codes import INCOMPLETE, errors_to_exit_codes
from netgym_cli.cli.output import results_on_disk, say, table

new = typer.Typer(no_args_is_help=True, help="Write the files of your own environment.", rich_markup_mode=None)


class Simulated(StrEnum):
    """How a new environment's network is simulated."""

    cpp, python = "cpp", "python"
    ns3_python = "ns3-python"


@new.command()
def env(
    name: Annotated[str, typer.Argument(help="Name of the environment, such as stadium.")],
    simulator: Annotated[
        Simulated, typer.Option(help="C++ on ns-3, Python on ns-3's bindings, or Python without ns-3.")
    ] = Simulated.cpp,
    folder: Annotated[Path, typer.Option("-o", metavar="DIR", help="The conf directory to write to.")] = Path("conf"),
) -> None:
    """Write an environment to start from: its YAML, its adapter and its network.

    For example new env stadium.
    """
    with errors_to_exit_codes("new env"):
        from netgym_cli.scaffold.new_env import new_env

        written = new_env(name, simulator.value, folder)
        chosen = ["--config-dir", str(folder), f"env={name}"]
        with results_on_disk():
            say(f"wrote {path}" for path in written)
            say(["", "next:", f"  {shlex.join(['netgym', 'check', *chosen])}"])
            say([f"  {shlex.join(['netgym', 'train', *chosen, 'agent=ppo', 'steps=1000'])}"])


def import_config(
    file: Annotated[Path, typer.Argument(help="A configuration of NetworkGym or GMAsim: JSON.")],
    env: Annotated[str | None, typer.Option(help="Its environment, if the file does not say.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="DIR/env/NAME.yaml", help="The file to write; else in conf/env/.")
    ] = None,
) -> None:
    """Translate a configuration of NetworkGym.

    Writes a variant of netgym's environment of the same name and reports the outcome of every key. Exits with 3 if
    something was left out that changes results.
    """
    with errors_to_exit_codes("import-config"):
        from netgym_cli.compat.networkgym.import_config import import_file, table_rows

        imported = import_file(file, env, output)
        imported.write()
        table(["NetworkGym's key", "", "netgym's key", "value", "remark"], table_rows(imported.lines))
        path = next(iter(imported.files))
        say(
            [
                "",
                f"{file}: {imported.source.env}, {imported.source.generation}",
                *(f"wrote {path}" for path in imported.files),
            ]
        )
        if not imported.checked:
            say([f"not checked: this netgym has no environment '{imported.source.env}'"])
        if imported.absent:
            say([f"not in the file, as netgym's {imported.source.env} has it: {', '.join(imported.absent)}"])
        command = ["netgym", "train", "--config-dir", str(path.parent.parent), f"env={path.stem}", *imported.options]
        say(["next:", f"  {shlex.join(command)}"])
        if imported.lost:
            keys = ", ".join(line.old for line in imported.lost)
            typer.echo(f"left out, so results differ from NetworkGym's (exit {INCOMPLETE}): {keys}", err=True)
            raise typer.Exit(INCOMPLETE)
