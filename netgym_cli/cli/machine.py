"""The verbs about this machine: `doctor` and `build`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from netgym_cli.cli.arguments import ConfigDir, Json, Overrides
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, table


def doctor(overrides: Overrides = None, config_dir: ConfigDir = None, as_json: Json = False) -> None:
    """Check this machine's dependencies."""
    with errors_to_exit_codes("doctor"):
        from netgym_cli.cli.machine_report import examine

        findings = examine(ns3_prefix(overrides, config_dir))
        if as_json:
            print_json([asdict(finding) for finding in findings])
        else:
            rows = [[f.name, f.found, "ok" if f.ok and not f.advice else f.advice or "FAILED"] for f in findings]
            table(["what", "found", "advice"], rows)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)


def build(overrides: Overrides = None, config_dir: ConfigDir = None) -> None:
    """Compile the native part now, not at the first run."""
    with errors_to_exit_codes("build"):
        from netgym_cli.simulators.ns3.build import ensure
        from netgym_cli.simulators.ns3.cache import clean

        built = ensure(ns3_prefix(overrides, config_dir))
        clean()
        how = "was built already" if built.cached else f"built in {built.seconds:.0f} s"
        typer.echo(f"{built.library or 'no compiler: nothing'} {how}")


def ns3_prefix(overrides: list[str] | None, config_dir: list[Path] | None) -> str | None:
    """`simulator.ns3_prefix` of the composed config; None if the simulator chosen has no such key."""
    from netgym_cli.config.compose import compose

    prefix = compose(overrides or [], config_dir or []).simulator.get("ns3_prefix")
    return None if prefix is None else str(prefix)
