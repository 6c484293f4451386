"""`netgym sweep`, `train -m` and `netgym runs`: many runs, and how they stand."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netgym_cli.cli.arguments import ConfigDir, Json, Overrides, Trust, command
from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import print_json, results_on_disk, say, shown, table
from netgym_cli.common.errors import ConfigError

if TYPE_CHECKING:
    from netgym_cli.jobs.request import SweepRequest
    from netgym_cli.jobs.search.outcome import SearchOutcome
    from netgym_cli.jobs.sweep import SweepResult

JobsAtOnce = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Jobs at once; else as cores allow.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="End the sweep when a job fails.")]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Run again what has failed before.")]
Force = Annotated[bool, typer.Option("--force", help="Go on with a sweep of another version or config.")]


def sweep(
    overrides: Overrides = None,
    jobs: JobsAtOnce = None,
    fail_fast: FailFast = False,
    retry_failed: RetryFailed = False,
    resume: Annotated[Path | None, typer.Option("--resume", help="Finish what is missing in this folder.")] = None,
    force: Force = False,
    trust: Trust = False,
    config_dir: ConfigDir = None,
) -> None:
    """Train over a grid of values, or search for the best ones.

    For example agent=ppo,random seed=1,2; the same as train -m. Words besides: jobs=2, retries=1. With trials=50 a
    search: 'agent.learning_rate=interval(1e-5,1e-2,log)' objective=reward direction=maximize pruner=median.
    """
    with errors_to_exit_codes("sweep"):
        from netgym_cli.jobs.request import parse

        asked, grid = parse(overrides or [], jobs, fail_fast=fail_fast, retry_failed=retry_failed, force=force)
        if resume is None:
            run_grid(grid, config_dir or [], asked)
            return
        if grid or config_dir:
            words = " ".join([*grid, *(f"--config-dir {folder}" for folder in config_dir or [])])
            raise ConfigError(f"--resume {resume} runs the grid that lies there; leave out {words}.")
        from netgym_cli.jobs import sweep as sweeps
        from netgym_cli.jobs.sweep_file import SweepFile

        if SweepFile.read(resume, trust).search is None:
            tell_end(sweeps.resume(resume, asked, trust))
            return
        from netgym_cli.jobs.search import search

        tell_end(search.resume(resume, asked, trust))


def runs(
    folder: Annotated[Path, typer.Argument(help="Where to look, with all that lies below.")] = Path("outputs"),
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """List all runs below a folder, and how they stand.

    For example runs outputs/multirun.
    """
    with errors_to_exit_codes("runs"):
        from netgym_cli.analysis import overview

        if as_json and as_csv:
            raise ConfigError("--json and --csv ask for two forms; give one of them.")
        found = overview.overview(folder)
        if as_json:
            print_json(overview.as_json(found))
        elif as_csv:
            typer.echo(overview.as_csv(found), nl=False)
        else:
            table(list(overview.HEADS), overview.cells(found, folder))


def run_grid(overrides: list[str], config_dirs: list[Path], asked: SweepRequest) -> None:
    """Runs a grid, or a search, and prints a summary; exit 1 if any job failed."""
    from netgym_cli.jobs import sweep as sweeps

    if asked.search is not None:
        from netgym_cli.jobs.search import search

        tell_end(search.search(overrides, config_dirs, asked, command()))
        return
    tell_end(sweeps.sweep(overrides, config_dirs, asked, command()))


def tell_end(result: SweepResult) -> None:
    """Prints how a sweep ended, its failures and the commands that reproduce them; exit 1 if any job failed."""
    failed = [job for job in result.jobs if job.error]
    total = len(result.jobs) + result.missing
    with results_on_disk():
        say([f"{len(result.jobs) - len(failed)} of {total} jobs done; folders in {result.folder}"])
        if result.search is not None:
            tell_search(result.search)
    for job in failed:
        typer.echo(shown(f"failed: {job.folder}: {job.error}"), err=True)
        if job.reproduce:
            typer.echo(shown(f"  reproduce it with: {job.reproduce}"), err=True)
    if result.missing:
        again = shlex.join(["netgym", "sweep", "--resume", str(result.folder)])
        typer.echo(shown(f"{result.missing} jobs were not run; go on by: {again}"), err=True)
    if failed:
        raise typer.Exit(1)


def tell_search(found: SearchOutcome) -> None:
    """Prints what a search has found: the best trials, which keys mattered, and how to go on with the best."""
    if found.pruned:
        say([f"{found.pruned} of them were pruned"])
    if not found.best:
        say(["no trial is complete, so there is no best one"])
        return
    keys = list(found.best[0][2])
    rows = [[str(number), f"{value:.6g}", *(_short(tried[key]) for key in keys)] for number, value, tried in found.best]
    table(["trial", found.objective, *keys], rows)
    if found.importance:
        told = ", ".join(f"{key} {share:.0%}" for key, share in found.importance.items())
        say([f"share of the differences that a key explains: {told}"])
    say([f"best agent: {found.file}", f"next: {found.command}"])


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
