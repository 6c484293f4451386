"""The verb `check`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from netgym_cli.cli.arguments import ConfigDir, Json, Overrides
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, table
from netgym_cli.common.user_code import full_traceback


def check(
    overrides: Overrides = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps that the determinism checks compare.")] = 20,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Check an environment against Gymnasium's API and its seeds.

    For example check env=nqos_split.
    """
    with errors_to_exit_codes("check"):
        from netgym_cli.config.compose import Composer
        from netgym_cli.config.schema import require
        from netgym_cli.envs import checker
        from netgym_cli.experiment.caveats import tell_caveats
        from netgym_cli.experiment.config import run_of
        from netgym_cli.experiment.unread import tell, unread, unread_by_verb

        config = run_of(Composer(overrides or [], config_dir or []))
        require(config.channel.name == "none", "channel", config.channel.name, "none: environments are checked alone")
        given = overrides or []
        tell(
            [
                [
                    *unread(config, given),
                    *unread_by_verb(given, "check", ("env", "channel", "simulator", "experiment", "hydra")),
                ]
            ]
        )
        tell_caveats([config])
        verdicts = checker.check(config.env, config.simulator, steps)
        if as_json:
            print_json([asdict(verdict) for verdict in verdicts])
        else:
            table(["check", "", "message"], [[v.name, "ok" if v.ok else "FAILED", v.message] for v in verdicts])
        if not all(verdict.ok for verdict in verdicts):
            if hint := full_traceback():
                typer.echo(hint, err=True)
            raise typer.Exit(1)
