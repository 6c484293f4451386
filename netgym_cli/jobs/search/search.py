"""A search: Optuna chooses the points, and everything else is as in any sweep.

What is searched stands in `sweep.json`, which is written first; what was chosen and how it did, in Optuna's journal and
the folders of the trials. So it goes on after any kill.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.config.overrides import AT_END, key_of
from netgym_cli.config.schema import RunConfig
from netgym_cli.experiment.end_evaluation import asked_for
from netgym_cli.experiment.objectives import measuring_seeds, require_measurable, require_objective
from netgym_cli.jobs import hydra_launcher, sweep_file
from netgym_cli.jobs.grid import checked
from netgym_cli.jobs.job_folder import LOCKS, JobFolder, JobLock
from netgym_cli.jobs.launcher import JobHandle
from netgym_cli.jobs.request import DEFAULT_RETRIES, SweepRequest, jobs_that_fit
from netgym_cli.jobs.scheduler import Scheduler
from netgym_cli.jobs.search.follower import Follower
from netgym_cli.jobs.search.outcome import conclude
from netgym_cli.jobs.search.request import SearchRequest
from netgym_cli.jobs.search.space import Dimension, point, space_of, spelled_out, to_check
from netgym_cli.jobs.search.study import Study, require_optuna
from netgym_cli.jobs.search.trial import TrialFile, TrialFolder
from netgym_cli.jobs.submission import Submission
from netgym_cli.jobs.sweep import HYDRAS_COPY, SweepResult, begun, hydras_own, run_to_the_end
from netgym_cli.jobs.sweep_file import Point, SweepFile
from netgym_cli.jobs.sweep_view import SweepView
from netgym_cli.runs.folder import RunFolder

LOCK = "study"  # among those of the jobs


@dataclass(frozen=True)
class Prepared:
    """A search whose space is known and can be run.

    Attributes:
        composer, whole: Hydra with its overrides, and what it has composed.
        dimensions, fixed: what is varied, and the overrides of all trials.
        run: the plainest point.
        config: SHA-256 of its config.
        n_jobs: trials that the cores can do at once.
    """

    composer: Composer
    whole: DictConfig
    dimensions: Sequence[Dimension]
    fixed: Sequence[str]
    run: RunConfig
    config: str
    n_jobs: int

    @classmethod
    def of(cls, overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> Prepared:
        """The search that these overrides describe. Raises `ConfigError` if one of its corners cannot run."""
        composer = Composer(list(map(spelled_out, overrides)), config_dirs)
        whole = composer.whole(RunMode.MULTIRUN)
        RunFolder.require_config_in(whole.hydra.output_subdir)
        if hydra_launcher.needs_plugin(whole) or whole.hydra.sweeper.get("params"):
            raise ConfigError(
                "a search has no other sweeper, launcher or hydra.sweeper.params of Hydra's; leave it out."
            )
        dimensions, fixed = space_of(composer)
        runs, sums = checked(composer, whole, to_check(fixed, dimensions), config_dirs)
        for run in runs:
            require_measurable(run)
        fixed += _not_at_the_end(overrides, runs)
        return cls(composer, whole, dimensions, fixed, runs[0], sums[0], jobs_that_fit(runs))


def search(
    overrides: Sequence[str], config_dirs: Sequence[str | Path], asked: SweepRequest, command: Sequence[str]
) -> SweepResult:
    """Searches, or goes on with what was begun in the same folder. Arguments and errors as of `sweep.sweep`."""
    assert asked.search is not None
    require_optuna()
    if asked.retry_failed:
        raise ConfigError("--retry-failed is of grids: a search goes on without the trials that failed.")
    prepared = Prepared.of(overrides, config_dirs)
    folder = output_dirs.sweep_folder(prepared.whole)
    if (folder / sweep_file.NAME).exists():
        return _continued(folder.absolute(), prepared, overrides, asked)
    seeds = measuring_seeds(prepared.run, asked.search.seeds)
    require_objective(prepared.run, asked.search.objective, seeds[0])
    for number in range(asked.search.trials):
        RunFolder(folder / str(number)).require_free(output_dirs.SWEEP_DIR)
    described = SweepFile.new(
        [],
        command=list(command),
        config_dirs=list(map(str, config_dirs)),
        overrides=list(overrides),
        hydra=hydras_own(prepared.composer),
        n_jobs=asked.n_jobs,
        retries=DEFAULT_RETRIES if asked.retries is None else asked.retries,
        search={"asked": asked.search.values(), "seeds": list(seeds), "config": prepared.config},
    )
    with begun(folder, described) as created:
        if not created:
            return _continued(folder.absolute(), prepared, overrides, asked)
        OmegaConf.save(prepared.whole, folder / HYDRAS_COPY)
        return _run(folder.absolute(), described, prepared, asked)


def resume(folder: Path, asked: SweepRequest, trust: bool = False) -> SweepResult:
    """Goes on with the search in `folder`. Raises as `sweep.resume` does."""
    folder = folder.absolute()
    described = SweepFile.read(folder, trust)
    if asked.search is not None:
        raise ConfigError(f"--resume {folder} goes on with the search that lies there; leave out what it says.")
    require_optuna()
    with chdir(described.cwd if os.path.isdir(described.cwd) else os.curdir):
        return _continued(folder, Prepared.of(described.overrides, described.config_dirs), None, asked)


def _continued(folder: Path, prepared: Prepared, overrides: Sequence[str] | None, asked: SweepRequest) -> SweepResult:
    """Goes on with the search in `folder`; `overrides` are those that were typed now, None: whatever it says there."""
    described = SweepFile.read(folder)
    if described.search is None:
        raise ConfigError(f"{folder} holds the sweep of a grid, and this is a search; {_elsewhere()}")
    described.require_version(folder, asked.force)
    if asked.retry_failed:
        raise ConfigError("--retry-failed is of grids: a search goes on without the trials that failed.")
    if overrides is not None and (changes := _changes(described, overrides, asked.search)):
        raise ConfigError(
            f"{folder} holds another search: {'; '.join(changes)}. Give the same command, or {_elsewhere()}"
        )
    if prepared.config != described.search["config"] and not asked.force:
        raise ConfigError(
            f"the search in {folder} has another config than when it began, by the same overrides: a YAML file or a "
            f"default has changed since. --force goes on all the same; otherwise restore it, {sweep_file.ELSEWHERE}."
        )
    return _run(folder, described, prepared, asked)


def _run(folder: Path, described: SweepFile, prepared: Prepared, asked: SweepRequest) -> SweepResult:
    assert described.search is not None
    request = SearchRequest(**described.search["asked"])
    file = TrialFile(request.objective, tuple(described.search["seeds"]), request.episodes)
    retries = described.retries if asked.retries is None else asked.retries
    launcher = asked.launcher.launcher(folder, prepared.composer.folders)
    with _alone(folder):
        study = Study(folder, request, prepared.dimensions, prepared.run.seed)
        trials = [TrialFolder(_point(study, prepared, number), folder, file) for number in range(request.trials)]
        view = SweepView(trials, folder, described.config_dirs)
        follower = Follower(study, trials, request, retries, _evaluated(prepared.run, request), view)
        submission = Submission(
            prepared.composer,
            prepared.whole,
            launcher,
            view,
            lambda job: file.write(job.run.path),
        )

        def submit(job: JobFolder, locks: Sequence[int], goes_on: bool) -> JobHandle:
            number = job.point.number
            if not goes_on:
                study.ask(number)
                trials[number] = replace(trials[number], point=_point(study, prepared, number))
            return submission(trials[number], locks, goes_on)

        n_jobs = asked.n_jobs or described.n_jobs or prepared.n_jobs
        scheduler = Scheduler(trials, n_jobs, retries, replace(asked, search=request), submit, follower)
        _require_known(study, folder, scheduler.outcomes)
        follower.take(scheduler.outcomes)
        result = run_to_the_end(folder, trials, scheduler, view)
        return replace(result, search=conclude(folder, study, trials, request, described.config_dirs))


def _point(study: Study, prepared: Prepared, number: int) -> Point:
    """What a trial is made by, as far as that was decided."""
    tried = study.tried(number)
    return Point(number, str(number), tuple(point(prepared.fixed, tried or [])), "")


def _require_known(study: Study, folder: Path, ended: Sequence[int] | dict[int, str | None]) -> None:
    if unknown := [number for number in ended if number >= study.asked]:
        raise ConfigError(
            f"the journal in {folder} knows nothing of the trials {unknown}, which lie there; restore it, "
            f"{sweep_file.ELSEWHERE}."
        )


def _evaluated(run: RunConfig, asked: SearchRequest) -> bool:
    """Whether evaluations on the way say what the objective is going to be."""
    return asked.objective == "return" and getattr(run.agent, "evaluate_every_steps", 0) > 0


def _not_at_the_end(overrides: Sequence[str], runs: Sequence[RunConfig]) -> list[str]:
    """Trials are measured by the search; a second evaluation is only for who asks for it."""
    given = any(key_of(override).partition(".")[0] == AT_END for override in overrides)
    return [] if given or not any(map(asked_for, runs)) else [f"{AT_END}.networks=0"]


def _changes(described: SweepFile, overrides: Sequence[str], asked: SearchRequest | None) -> list[str]:
    """In what a command differs from the one that began the search, as phrases."""
    assert described.search is not None and asked is not None
    before, now = described.search["asked"], asked.values()
    changes = [f"{key} was {before[key]}, is {now[key]}" for key in now if before.get(key) != now[key]]
    there, here = (
        [word for word in words if not key_of(word).startswith("hydra.")] for words in (described.overrides, overrides)
    )
    if sorted(there) != sorted(here):
        changes += [f"{word} is left out" for word in there if word not in here]
        changes += [f"{word} is new" for word in here if word not in there]
    return changes


def _elsewhere() -> str:
    return f"{sweep_file.ELSEWHERE.removeprefix('or ')}."


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Inside it no other process searches here. Raises `ConfigError` if one does."""
    try:
        lock = JobLock(folder / LOCKS / LOCK)
    except BlockingIOError as error:
        raise ConfigError(
            f"another process searches in {folder}; it does so many trials at once as jobs=N says, and this one is not "
            "needed."
        ) from error
    try:
        yield
    finally:
        lock.release()
