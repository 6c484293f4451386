"""The verb `show`: what a config has, and what its network looks like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.arguments import ConfigDir, Json, Overrides
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, say, table


def show(
    overrides: Overrides = None,
    network_map: Annotated[bool, typer.Option("--map", help="Draw the network instead, with sites and users.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture: .svg, .png or .pdf.")] = Path("map.svg"),
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Show the spaces and keys of the chosen config, or its map.

    For example show env=nqos_split, or show env=nqos_split --map.
    """
    with errors_to_exit_codes("show"):
        from netgym_cli.cli import describe

        if network_map:
            describe.draw_map(overrides or [], config_dir or [], output)
            say([f"picture: {output}"])
            return
        described = describe.describe(overrides or [], config_dir or [])
        if as_json:
            print_json(described)
        else:
            say(describe.space_lines(described["spaces"]))
            heads = ["key", "default", "unit", "allowed", "meaning"]
            rows = [key | {"default": json.dumps(key["default"])} for key in described["keys"]]
            table(heads, [[row[head] for head in heads] for row in rows])
