"""The verbs that check runs and fit channels and simulators: `verify`, `fit-channel` and `fit-twin`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.arguments import Json
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, results_on_disk, say, table


def verify(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Runs, or grids of train -m.")],
    as_json: Json = False,
) -> None:
    """Check that runs still hold what they wrote.

    Compares every table and model with its hash in run.json, and exits 1 if something was changed or is missing.
    For example verify outputs/2026-01-31/12-00-00-000000
    """
    with errors_to_exit_codes("verify"):
        from netgym_cli.analysis import verify as verification

        found = verification.verified(folders)
        if as_json:
            print_json([{"folder": folder, **verification.as_json(run)} for folder, run in found.items()])
        else:
            say(line for folder, run in found.items() for line in verification.told(folder, run))
        if not all(run.whole for run in found.values()):
            raise typer.Exit(1)


def fit_channel(
    requests: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="channel=NAME, to=NAME, packets=N, overrides.")
    ] = None,
    config_dir: Annotated[
        list[Path] | None, typer.Option("--config-dir", "-cd", help="A conf directory of your own.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR/channel/NAME.yaml", help="Else in conf/channel/.")
    ] = None,
) -> None:
    """Fit a fast channel to a simulated one.

    Sends one packet per channel.step_duration_ms through the channel, and writes a channel with the same loss rate,
    burst length and delay. For example fit-channel channel=ns3_wifi channel.distance_m=82 to=gilbert_elliott
    """
    with errors_to_exit_codes("fit-channel"):
        from netgym_cli.analysis import fit_channel as fits

        fitted = fits.fit(requests or [], config_dir or [], output)
        fitted.write()
        folder, name = fitted.file.parent.parent, fitted.file.stem
        onward = shlex.join(["netgym", "train", "--config-dir", str(folder), "env=gym", f"channel={name}"])
        with results_on_disk():
            table(["", fitted.of, fitted.to, "error"], fitted.rows())
            say([f"wrote {fitted.file}", f"next: {onward}"])


def fit_twin(
    requests: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE...", help="env=NAME, agent=NAME,RUN, seeds=N, skip=N, episodes=N, rounds=N, overrides."
        ),
    ] = None,
    config_dir: Annotated[
        list[Path] | None, typer.Option("--config-dir", "-cd", help="A conf directory of your own.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="NAME.yaml", help="Else ENV_twin.yaml here.")
    ] = None,
) -> None:
    """Fit a fluid twin to ns-3.

    Lets rules, and trained agents whose runs are named, play on ns-3, on seeds that no evaluation has, and writes the
    twin's parameters with their errors; the sessions are kept. For example fit-twin env=dynamic_qos seeds=3
    """
    with errors_to_exit_codes("fit-twin"):
        from netgym_cli.analysis.fit_twin_request import request

        asked = request(requests or [], config_dir or [], output)
        found = asked.fit(lambda line: say([line]))
        env = next(iter(asked.configs.values())).name_of("env")
        rows = [[name, f"{value:.4g}", _error(found.calibration.errors, name)]
                for name, value in found.calibration.values.items()]  # fmt: skip
        onward = shlex.join(["netgym", "train", f"env={env}", "simulator=fluid", f"simulator.calibration={asked.file}"])
        with results_on_disk():
            table(["parameter", "value", "standard error"], rows)
            say([f"root mean square of the residuals: {found.before:.3f} before, {found.after:.3f} after"])
            say([f"wrote {asked.file} and {asked.recording}", f"next: {onward}"])


def _error(errors: Mapping[str, float], name: str) -> str:
    return f"{errors[name]:.2g}" if name in errors else "not fitted"
