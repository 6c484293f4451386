"""The verbs that write files of the user's own: `new env` and `import-config`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import say, table

new = typer.Typer(no_args_is_help=True, help="Write the files of something of your own.", rich_markup_mode=None)


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
        from netgym_cli.scaffold import new_env

        written = new_env.new_env(name, simulator.value, folder)
        say(f"wrote {path}" for path in written)
        say(["", "next:", f"  netgym check --config-dir {folder} env={name}"])
        say([f"  netgym train --config-dir {folder} env={name} agent=ppo env.episodes_per_session=100"])


def import_config(
    file: Annotated[Path, typer.Argument(help="A configuration of NetworkGym or GMAsim: JSON.")],
    env: Annotated[str | None, typer.Option(help="Its environment, if the file does not tell.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="DIR/env/NAME.yaml", help="The file to write; else in conf/env/.")
    ] = None,
) -> None:
    """Translate a configuration of NetworkGym.

    Writes a variant of netgym's environment of the same name and tells what became of every key.
    """
    with errors_to_exit_codes("import-config"):
        from netgym_cli.compat.networkgym import import_config as importer

        found = importer.import_file(file, env, output)
        found.write()
        table(["NetworkGym's key", "", "netgym's key", "value", "remark"], importer.table_rows(found.lines))
        path = next(iter(found.files))
        say(["", f"{file}: {found.source.env}, {found.source.generation}", *(f"wrote {path}" for path in found.files)])
        if not found.checked:
            say([f"not checked: this netgym has no environment '{found.source.env}'"])
        command = ["netgym", "train", "--config-dir", str(path.parent.parent), f"env={path.stem}", *found.options]
        say(["next:", f"  {' '.join(command)}"])
