"""The command line: one short function per verb. Heavy modules are imported where they are used."""

from __future__ import annotations

import logging
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netgym_cli import __version__
from netgym_cli.cli.again import replay
from netgym_cli.cli.analyze import fit_channel, fit_twin, verify
from netgym_cli.cli.arguments import ConfigDir, Jobs, Json, Overrides, Trust, command, complete
from netgym_cli.cli.checking import check
from netgym_cli.cli.collect import collect
from netgym_cli.cli.create import import_config, new
from netgym_cli.cli.data import data
from netgym_cli.cli.end_of_training import finish
from netgym_cli.cli.exit_codes import end_with_parent, end_with_process, errors_to_exit_codes
from netgym_cli.cli.far import relay, serve
from netgym_cli.cli.hydra_options import Verbs
from netgym_cli.cli.machine import build, doctor
from netgym_cli.cli.output import print_json, results_on_disk, say, show_log, table
from netgym_cli.cli.plots import plot
from netgym_cli.cli.reports import compare, report
from netgym_cli.cli.show import show
from netgym_cli.cli.sweeps import FailFast, Force, JobsAtOnce, RetryFailed, run_grid, runs, sweep
from netgym_cli.cli.watching import watch
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.standard_streams import open_standard_streams

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Part(StrEnum):
    """Which part of a composed config to print."""

    job, hydra, all = "job", "hydra", "all"


class Topic(StrEnum):
    """What to print about how a config is composed."""

    all, config, defaults = "all", "config", "defaults"
    tree, plugins, searchpath = "defaults-tree", "plugins", "searchpath"


class Group(StrEnum):
    """A kind of what can be chosen."""

    env, agent, channel, simulator, experiment = "env", "agent", "channel", "simulator", "experiment"


@app.command()
def train(
    overrides: Overrides = None,
    multirun: Annotated[bool, typer.Option("--multirun", "-m", help="Run the grid of comma-separated values.")] = False,
    cfg: Annotated[
        Part | None, typer.Option("--cfg", "-c", help="Print the composed config (with -m: the first) and stop.")
    ] = None,
    resolve: Annotated[bool, typer.Option("--resolve", help="With --cfg: resolve interpolations.")] = False,
    info: Annotated[Topic | None, typer.Option("--info", "-i", help="Print how the config is composed.")] = None,
    jobs: JobsAtOnce = None,
    fail_fast: FailFast = False,
    retry_failed: RetryFailed = False,
    force: Force = False,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Train an agent in an environment.

    Tables go to a new folder in outputs/; hydra.run.dir=PATH chooses another.
    """
    with errors_to_exit_codes("train"):
        from netgym_cli.config.compose import Composer
        from netgym_cli.jobs.request import SweepRequest, parse

        options = {"fail_fast": fail_fast, "retry_failed": retry_failed, "force": force}
        asked, own = SweepRequest(), overrides or []
        multirun = multirun or Composer(own, config_dir or []).asks_for_grid
        if multirun and as_json:
            raise ConfigError("--json is of a single run; a grid leaves jobs.csv, and netgym runs --json tells of it.")
        if multirun:
            asked, own = parse(own, jobs, **options)
        elif jobs is not None or any(options.values()):
            raise ConfigError(
                "--jobs, --fail-fast, --retry-failed and --force are of grids: add -m, or leave them out."
            )
        composer = Composer(own, config_dir or [])
        if resolve and not cfg:
            raise ConfigError("--resolve goes with --cfg: --cfg job --resolve prints the config with resolved values.")
        if cfg or info:
            if multirun:
                from netgym_cli.jobs.grid import grid

                composer = Composer(next(grid(composer)), config_dir or [])
            if cfg:
                composer.print_config(cfg.value, resolve)
            if info:
                composer.print_info(info.value)
        elif multirun:
            run_grid(own, config_dir or [], asked)
        else:
            from netgym_cli.experiment import launch

            finish(launch.train(own, config_dir or [], command()), as_json)


@app.command()
def resume(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run that ended early.")],
    trust: Trust = False,
    config_dir: ConfigDir = None,
) -> None:
    """Go on with a run that was killed, interrupted or failed.

    It begins with its newest checkpoint. The result is that of a run without interruption, to the bit.
    """
    with errors_to_exit_codes("resume"):
        from netgym_cli.experiment.resume import resume as go_on

        if (summary := go_on(folder, trust, config_dir or [])) is None:
            say([f"the run in {folder} is complete; there is nothing to do"])
        else:
            finish(summary)


@app.command()
def evaluate(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|KEY=VALUE]...",
            help="Folders of trained runs (several seeds of one agent count together), or of a grid; agent=NAME,NAME; "
            "episodes=5; seeds=10, [3,5] or 3..5.",
            autocompletion=complete,
        ),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="Agent to compare with; else system_default, or the first.")
    ] = None,
    jobs: Jobs = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for tables and picture.")] = None,
    trust: Trust = False,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Compare agents, trained or not, on the same new seeds.

    For example evaluate outputs/2026-01-31/12-00-00-000000 agent=random episodes=5 seeds=10.
    """
    with errors_to_exit_codes("evaluate"):
        from netgym_cli.evaluation import report, verb

        evaluation, folder = verb.evaluate(overrides or [], config_dir or [], baseline, jobs, output, trust, command())
        if as_json:
            print_json({"folder": folder, **report.as_json(evaluation)})
            return
        with results_on_disk():
            for heads, rows in report.tables(evaluation):
                table(heads, rows)
            say([f"tables and picture: {folder}"])


@app.command(hidden=True)
def job(
    folder: Path,
    trust: Trust = False,
    goes_on: Annotated[bool, typer.Option("--goes-on", help="A run that has begun there.")] = False,
    detached: Annotated[bool, typer.Option("--detached", help="An engine has started this process.")] = False,
    config_dir: ConfigDir = None,
) -> None:
    """Train what the config in FOLDER says: one job of a sweep."""
    with errors_to_exit_codes("job"):
        if detached:
            from netgym_cli.jobs.launchers.engine import supervise

            raise typer.Exit(supervise(folder, config_dir or [], goes_on))
        end_with_parent()  # first: imports take long on a busy machine
        from netgym_cli.evaluation.of_trial import measure_trial
        from netgym_cli.experiment import launch
        from netgym_cli.experiment.resume import resume as go_on

        begin_or_go_on = go_on if goes_on else launch.train_job
        if (summary := begin_or_go_on(folder, trust, config_dir or [])) is not None:
            finish(summary)
        measure_trial(folder, trust)


@app.command("list")
def list_(
    group: Annotated[Group | None, typer.Argument(help="Only this kind.")] = None,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """List environments, agents, channels and experiments."""
    with errors_to_exit_codes("list"):
        from netgym_cli.config import catalog

        members = catalog.members([group.value] if group else [kind.value for kind in Group], config_dir or [])
        if as_json:
            print_json([asdict(member) for member in members])
        else:
            table(["group", "name", "meaning"], [[m.group, m.name, m.meaning] for m in members])


for verb in (show, check, sweep, runs, watch, collect, plot, report, compare):
    app.command(verb.__name__.replace("_", "-"))(verb)
for other in (verify, replay, doctor, build, relay, serve, fit_channel, fit_twin, import_config):
    app.command(other.__name__.replace("_", "-"))(other)
app.add_typer(data, name="data")
app.add_typer(new, name="new")


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print netgym's version.")] = False,
) -> None:
    """Train agents on packet-level network simulations.

    Every KEY=VALUE is an override of the config: `netgym list` shows the choices, `netgym show` every key.
    """
    if version:
        typer.echo(f"netgym {__version__}")
        raise typer.Exit


def main() -> None:
    """The `netgym` program."""
    open_standard_streams()
    end_with_process()
    logging.raiseExceptions = False  # a closed pipe, as by `| head`, is not an error
    show_log()
    app(prog_name="netgym")
