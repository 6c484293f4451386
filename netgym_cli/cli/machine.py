"""The verbs about this machine: `doctor` and `build`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from netgym_cli.cli.arguments import ConfigDir, Json, Overrides
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, table
from netgym_cli.common.errors import ConfigError


def doctor(overrides: Overrides = None, config_dir: ConfigDir = None, as_json: Json = False) -> None:
    """Check this machine's dependencies."""
    with errors_to_exit_codes("doctor"):
        from netgym_cli.cli.machine_report import examine

        simulator = chosen_simulator(overrides, config_dir)
        findings = examine(simulator.get("ns3_prefix"), simulator.get("malloc", "auto"))
        if simulator.get("host") or simulator.get("command"):
            from netgym_cli.cli.far_report import examine_elsewhere

            findings += examine_elsewhere(simulator)
        if as_json:
            print_json([asdict(finding) for finding in findings])
        else:
            rows = [[f.name, f.found, "ok" if f.ok and not f.advice else f.advice or "FAILED"] for f in findings]
            table(["what", "found", "advice"], rows)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)


def build(
    overrides: Overrides = None,
    config_dir: ConfigDir = None,
    ns3: Annotated[
        str | None,
        typer.Option(
            "--ns3",
            metavar="SOURCE",
            help="First compile ns-3 itself from this folder or archive, without assertions and logs.",
        ),
    ] = None,
) -> None:
    """Compile what netgym has in C++ now, not at the first run."""
    with errors_to_exit_codes("build"):
        from netgym_cli.simulators.fluid import build as fluid
        from netgym_cli.simulators.ns3.build import ensure
        from netgym_cli.simulators.ns3.cache import clean

        prefix = chosen_simulator(overrides, config_dir).get("ns3_prefix")
        if ns3 is not None:
            from netgym_cli.simulators.ns3.optimized import build_ns3

            if prefix is not None:
                raise ConfigError(f"simulator.ns3_prefix is {prefix!r}; with --ns3 allowed: null.")
            typer.echo(f"{build_ns3(ns3, typer.echo)} takes the place of the wheel's libraries")
        native = ensure(prefix)
        _tell(native.library or "no compiler: nothing", native.cached, native.seconds)
        if (there := fluid.status()).library or there.compiler:
            _tell(*fluid.ensure())
        else:
            typer.echo("no compiler: no fluid kernel, which simulator=fluid needs")
        clean()


def _tell(library: Path | str, cached: bool, seconds: float) -> None:
    typer.echo(f"{library} {'was built already' if cached else f'built in {seconds:.0f} s'}")


def chosen_simulator(overrides: list[str] | None, config_dir: list[Path] | None) -> Mapping[str, Any]:
    """The group `simulator` of the composed config."""
    from netgym_cli.config.compose import compose

    composed: Mapping[str, Any] = compose(overrides or [], config_dir or []).simulator
    return composed
