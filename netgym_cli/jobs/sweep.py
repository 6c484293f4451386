"""A grid of runs: every point is checked before the first is launched, and every job is a process of its own.

So a crash in one job ends no other. `sweep.json` says what is going to run, and is written first; the same command in
the same folder finds it there and finishes what is missing.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.config.overrides import key_of
from netgym_cli.config.schema import RunConfig
from netgym_cli.jobs import hydra_launcher, jobs_table, sweep_file
from netgym_cli.jobs.grid import checked, folders_of, grid, seen_from, without_hydras
from netgym_cli.jobs.job_folder import LOCKS, JobFolder
from netgym_cli.jobs.launcher import JobHandle, JobResult, LocalLauncher
from netgym_cli.jobs.request import DEFAULT_RETRIES, SweepRequest, jobs_that_fit
from netgym_cli.jobs.scheduler import Scheduler
from netgym_cli.jobs.search.follower import TABLE
from netgym_cli.jobs.search.outcome import SearchOutcome
from netgym_cli.jobs.search.study import JOURNAL
from netgym_cli.jobs.submission import Submission
from netgym_cli.jobs.sweep_file import Point, SweepFile
from netgym_cli.jobs.sweep_view import SweepView
from netgym_cli.runs.claim import require_apart
from netgym_cli.runs.folder import RunFolder

HYDRAS_COPY = "multirun.yaml"  # the composed config of the grid, where Hydra's own sweeper puts it


@dataclass(frozen=True)
class SweepResult:
    """How a sweep ended.

    Attributes:
        folder: the sweep's; None of one without jobs.
        jobs: how each job ended that did.
        missing: number of the other jobs.
        search: what a search has found.
    """

    folder: Path | None
    jobs: list[JobResult]
    missing: int = 0
    search: SearchOutcome | None = None


def sweep(
    overrides: Sequence[str], config_dirs: Sequence[str | Path], asked: SweepRequest, command: Sequence[str]
) -> SweepResult:
    """Runs the grid that `overrides` span, or what is missing of it in a folder where it was begun before.

    Args:
        overrides: of the grid, without the words of `asked`.
        config_dirs: the user's conf directories.
        asked: what else the user wants.
        command: the command line, for the record.

    Raises:
        ConfigError: before anything is launched, if a point is wrong, or if something else lies in the folder.
        KeyboardInterrupt: interrupted; the tables of all jobs are complete, and a note says how to go on.
    """
    composer = Composer(overrides, config_dirs)
    if composer.mode is RunMode.RUN:
        raise ConfigError("hydra.mode=RUN asks for one run, and -m or sweep for a grid; leave one of them out.")
    whole = composer.whole(RunMode.MULTIRUN)
    RunFolder.require_config_in(whole.hydra.output_subdir)
    folder = output_dirs.sweep_folder(whole)
    points = list(grid(composer))
    if (folder / sweep_file.NAME).exists() and not hydra_launcher.needs_plugin(whole):
        return _continued(folder, composer, whole, points, config_dirs, asked)
    runs, sums = checked(composer, whole, points, config_dirs)
    folders = folders_of(composer, whole, points)
    require_apart(folders, "hydra.sweep.subdir")
    if hydra_launcher.needs_plugin(whole):
        try:
            return SweepResult(folder, hydra_launcher.run(composer, folders))
        except ConfigError as error:
            raise ConfigError(f"{error}{_what_is_there(folders)}") from error
    _require_only_lists(composer)
    if (folder / sweep_file.NAME).exists():  # another launcher was faster
        return _continued(folder, composer, whole, points, config_dirs, asked)
    try:
        for place in folders:
            RunFolder(place).require_free(output_dirs.SWEEP_DIR)
    except ConfigError as error:
        raise ConfigError(f"{error}{_what_is_there(folders)}") from error
    described = SweepFile.new(
        [
            Point(number, seen_from(folder, place), tuple(without_hydras(point)), config)
            for number, (place, point, config) in enumerate(zip(folders, points, sums, strict=True))
        ],
        command=list(command),
        config_dirs=list(map(str, config_dirs)),
        overrides=list(overrides),
        hydra=hydras_own(composer),
        n_jobs=asked.n_jobs,
        retries=DEFAULT_RETRIES if asked.retries is None else asked.retries,
    )
    with begun(folder, described) as created:
        if not created:
            return _continued(folder, composer, whole, points, config_dirs, asked)
        OmegaConf.save(whole, folder / HYDRAS_COPY)
        return _finish(folder, described, composer, whole, runs, asked)


def resume(folder: Path, asked: SweepRequest, trust: bool = False) -> SweepResult:
    """Finishes what is missing of the sweep in `folder`. Raises as `sweep` does.

    Args:
        folder: the sweep's.
        asked: what else the user wants.
        trust: take what the folder says even if another user made it.
    """
    folder = folder.absolute()
    described = SweepFile.read(folder, trust)
    described.require_version(folder, asked.force)
    with chdir(described.cwd if os.path.isdir(described.cwd) else os.curdir):
        if not _to_run(folder, described, asked):
            return _finish(folder, described, None, None, [], asked)
        composer = Composer(described.overrides, described.config_dirs)
        whole = composer.whole(RunMode.MULTIRUN)
        return _continued(folder, composer, whole, None, described.config_dirs, asked)


def _continued(
    folder: Path,
    composer: Composer,
    whole: DictConfig,
    points: Sequence[list[str]] | None,
    config_dirs: Sequence[str | Path],
    asked: SweepRequest,
) -> SweepResult:
    """Finishes the sweep in `folder`; `points` are those that were asked for now, None: whatever it says there."""
    folder = folder.absolute()
    described = SweepFile.read(folder)
    if described.search is not None:
        raise ConfigError(f"{folder} holds a search, and this is a grid; {sweep_file.ELSEWHERE.removeprefix('or ')}.")
    described.require_version(folder, asked.force)
    if points is not None:
        described.require_same(folder, list(map(without_hydras, points)), hydras_own(composer))
    missing = _to_run(folder, described, asked)
    to_run = [[*described.points[number].overrides, *composer.hydra_overrides] for number in missing]
    runs, sums = checked(composer, whole, to_run, config_dirs)
    if not asked.force:
        for number, config in zip(missing, sums, strict=True):
            if config != described.points[number].config:
                raise ConfigError(
                    f"job {number} of {folder} has another config than when the sweep began, by the same overrides: a "
                    "YAML file or a default has changed since. --force goes on all the same; otherwise restore it, "
                    f"{sweep_file.ELSEWHERE}."
                )
    return _finish(folder, described, composer, whole, runs, asked)


def _to_run(folder: Path, described: SweepFile, asked: SweepRequest) -> list[int]:
    """Numbers of the jobs that may have to be run, as far as their folders tell."""
    over = ("complete",) if asked.retry_failed else ("complete", "failed")
    states = {point.number: JobFolder(point, folder).run.status() for point in described.points}
    killed = [number for number, state in states.items() if state == "failed" and _killed(folder, described, number)]
    return [number for number, state in states.items() if state not in over or number in killed]


def _killed(folder: Path, described: SweepFile, number: int) -> bool:
    return JobFolder(described.points[number], folder).times_killed() > 0


def _finish(
    folder: Path,
    described: SweepFile,
    composer: Composer | None,
    whole: DictConfig | None,
    runs: Sequence[RunConfig],
    asked: SweepRequest,
) -> SweepResult:
    """Runs what is missing. Without a composer nothing is."""
    folder = folder.absolute()
    jobs = [JobFolder(point, folder) for point in described.points]
    view = SweepView(jobs, folder, described.config_dirs)
    launcher = asked.launcher.launcher(folder, composer.folders if composer else ()) if runs else LocalLauncher()

    def submit(job: JobFolder, locks: Sequence[int], goes_on: bool) -> JobHandle:
        assert composer is not None and whole is not None
        return Submission(composer, whole, launcher, view)(job, locks, goes_on)

    n_jobs = asked.n_jobs or described.n_jobs or (len(jobs) if asked.launcher.queues else jobs_that_fit(runs))
    retries = described.retries if asked.retries is None else asked.retries
    scheduler = Scheduler(jobs, n_jobs, retries, asked, submit, view)
    return run_to_the_end(folder, jobs, scheduler, view)


def run_to_the_end(folder: Path, jobs: Sequence[JobFolder], scheduler: Scheduler, view: SweepView) -> SweepResult:
    """Runs what is missing, and tells how it ended. An error says how to go on, and is raised."""
    try:
        with view.shown():
            scheduler.run()
    except BaseException as error:  # an interruption, a full disk, ...
        ended, missing = len(scheduler.outcomes), len(scheduler.missing)
        error.add_note(f"{ended} of {len(jobs)} jobs had ended, {missing} are missing; sweep folder: {folder}")
        if view.begun_any:
            error.add_note(f"go on by: {shlex.join(['netgym', 'sweep', '--resume', str(folder)])}")
        raise
    return SweepResult(
        folder,
        [
            JobResult(jobs[number].run.path, scheduler.outcomes[number], view.rows[number].reproduce)
            for number in sorted(scheduler.outcomes)
        ],
        len(scheduler.missing),
    )


def hydras_own(composer: Composer) -> list[str]:
    """The overrides of Hydra's own part that tell more than where the folders are."""
    places = (output_dirs.RUN_DIR, output_dirs.SWEEP_DIR, "hydra.sweep.subdir", "hydra.mode")
    return [override for override in composer.hydra_overrides if key_of(override) not in places]


def _require_only_lists(composer: Composer) -> None:
    """Raises `ConfigError` for values that Hydra's own sweeper cannot draw, as Hydra would when it came to them."""
    with composer.errors_explained():
        from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
        from hydra.core.override_parser.overrides_parser import OverridesParser

        parser = OverridesParser.create(config_loader=composer.hydra.config_loader)
        for override in parser.parse_overrides(without_hydras(composer.task_overrides)):
            if override.is_sweep_override() and not override.is_discrete_sweep():
                raise ConfigError(
                    f"{override.input_line} is no list of values, which a grid needs; trials=N makes it a search."
                )
        BasicSweeper.split_arguments(parser.parse_overrides(without_hydras(composer.task_overrides)), None)


@contextmanager
def begun(folder: Path, described: SweepFile) -> Iterator[bool]:
    """A sweep begins inside it; yields whether this process wrote its file, and not another one just before.

    If no job begins, nothing stays of the sweep.
    """
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    created = False
    try:
        with output_dirs.making(output_dirs.SWEEP_DIR, folder):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                described.create(folder)
                created = True
            except FileExistsError:
                pass
        yield created
    except BaseException:
        if created and not any(JobFolder(point, folder).run.path.exists() for point in described.points):
            _remove_files(folder)
        _remove_empty(made)
        raise


def _remove_files(folder: Path) -> None:
    with suppress(OSError):
        (folder / LOCKS).rmdir()  # not while another launcher begins a job
    if not (folder / LOCKS).exists():
        for name in (sweep_file.NAME, jobs_table.NAME, HYDRAS_COPY, JOURNAL, TABLE):
            (folder / name).unlink(missing_ok=True)


def _remove_empty(made: Sequence[Path]) -> None:
    for parent in made:
        with suppress(OSError):  # somebody else has put something into it
            parent.rmdir()


def _what_is_there(folders: Sequence[Path]) -> str:
    """A sentence on the points of a grid that was begun before; empty if the grid has one point."""
    states: dict[str, list[str]] = {}
    for run in map(RunFolder, folders):
        states.setdefault(run.status(), []).append(run.path.name)
    if len(folders) < 2:
        return ""
    told = (f"{len(names)} {state} ({', '.join(names)})" for state, names in states.items())
    return f" Of the {len(folders)} jobs of this grid: {', '.join(told)}."
