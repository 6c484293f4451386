"""The verbs that analyse results of runs and channels: `plot` and `fit-channel`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import results_on_disk, say, table


def plot(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Runs, or grids of train -m.")],
    x: Annotated[
        str | None,
        typer.Option("--x", metavar="KEY", help="Config key, or env, agent, channel, simulator; else episodes."),
    ] = None,
    y: Annotated[str, typer.Option("--y", metavar="COLUMN", help="A column of episodes.csv.")] = "return",
    by: Annotated[str | None, typer.Option("--by", metavar="KEY", help="Config key, a line for each value.")] = None,
    last: Annotated[float, typer.Option(help="Share of the last episodes that a point averages over.")] = 0.2,
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture: .svg, .png or .pdf.")] = Path("plot.svg"),
) -> None:
    """Plot the results of runs with 95 % intervals over seeds.

    For example plot outputs/multirun/2026-01-31/12-00-00-000000 --x channel.loss_good
    """
    with errors_to_exit_codes("plot"):
        from netgym_cli.analysis import plot as plots

        plots.require_share(last)
        runs, incomplete = plots.read(folders)
        results = plots.points(runs, x, y, by, last) if x else plots.curves(runs, y, by)
        plots.draw(results, x or "episode", y, by, output)
        with results_on_disk():
            if x:
                table([by or "", x, y, "95 % interval", "runs"], plots.table_rows(results))
            say([f"left out, not complete: {folder}" for folder in incomplete])
            say([f"picture: {output}"])


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
