"""A grid of runs: every point is checked before the first is launched, and every job is a process of its own.

So a crash in one job ends no other, whatever Hydra launcher starts them.
"""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.config.overrides import action_channel_first, given_twice, key_of
from netgym_cli.experiment.caveats import tell_caveats
from netgym_cli.experiment.config import run_of
from netgym_cli.experiment.launch import check, check_from_its_folder, save_composed
from netgym_cli.experiment.unread import tell, unread
from netgym_cli.jobs.launcher import JobResult, Launcher, LocalLauncher
from netgym_cli.runs.claim import Claim, claimed, require_apart
from netgym_cli.runs.folder import RunFolder

log = logging.getLogger(__name__)


def sweep(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> list[JobResult]:
    """Runs the grid that `overrides` span. Raises `ConfigError` before anything is launched if a point is wrong."""
    composer = Composer(overrides, config_dirs)
    if composer.mode is RunMode.RUN:
        raise ConfigError("hydra.mode=RUN asks for one run, and -m or sweep for a grid; leave one of them out.")
    whole = composer.whole(RunMode.MULTIRUN)
    RunFolder.require_config_in(whole.hydra.output_subdir)
    points = list(grid(composer))
    runs = [run_of(Composer(point, config_dirs)) for point in points]
    for run in runs:
        check(run)
        if whole.hydra.job.chdir:
            check_from_its_folder(run)
    void = given_twice(composer.task_overrides)
    void += [
        f"{key_of(override)} has no effect on a grid; write {output_dirs.SWEEP_DIR}=PATH"
        for override in composer.hydra_overrides
        if key_of(override) == output_dirs.RUN_DIR
    ]
    tell([[*void, *unread(run, point)] for run, point in zip(runs, points, strict=True)])
    tell_caveats(runs)
    folders = _folders(composer, whole, points)
    require_apart(folders, "hydra.sweep.subdir")
    with ExitStack() as claims, output_dirs.making(output_dirs.SWEEP_DIR, folders[0].parent if folders else None):
        runner = JobRunner(LocalLauncher(composer.folders), composer.folders, len(points))
        try:
            for folder in folders:
                claim = claims.enter_context(claimed(RunFolder(folder), output_dirs.SWEEP_DIR))
                runner.claims[Path(os.path.abspath(folder))] = claim
        except ConfigError as error:
            raise ConfigError(f"{error}{_what_is_there(folders)}") from error
        try:
            batches = composer.multirun(runner)
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(runner.state())
            raise
    return [job.return_value for batch in batches or [] for job in batch]


def _folders(composer: Composer, whole: DictConfig, points: Sequence[list[str]]) -> list[Path]:
    """The folder of every point, in order, as `whole`, the composed config of the grid, makes it."""
    folders = []
    for number, point in enumerate(points):
        task_overrides = [override for override in point if not key_of(override).startswith("hydra.")]
        with composer.errors_explained():
            job = composer.hydra.config_loader.load_sweep_config(whole, action_channel_first(task_overrides))
        folders.append(output_dirs.job_folder(job, number))
    return folders


def _what_is_there(folders: Sequence[Path]) -> str:
    """A sentence on the points of a grid that was begun before; empty if the grid has one point."""
    states: dict[str, list[str]] = {}
    for run in map(RunFolder, folders):
        states.setdefault(run.status(), []).append(run.path.name)
    if len(folders) < 2:
        return ""
    told = (f"{len(names)} {state} ({', '.join(names)})" for state, names in states.items())
    return f" Of the {len(folders)} jobs of this grid: {', '.join(told)}."


def grid(composer: Composer) -> Iterator[list[str]]:
    """The overrides of every point, in the order of Hydra's own sweeper: `hydra.sweeper.params` come first.

    Values that only a sweeper of another kind can draw (`interval(...)`) are left out.

    Raises:
        ConfigError: an override that cannot be parsed.
    """
    params = composer.whole(RunMode.MULTIRUN).hydra.sweeper.get("params") or {}
    overrides = [*(f"{key}={value}" for key, value in params.items()), *composer.task_overrides]
    axes: dict[str, list[str]] = {}
    with composer.errors_explained():
        parser = OverridesParser.create(config_loader=composer.hydra.config_loader)
        for override in parser.parse_overrides(overrides):
            key = override.get_key_element()
            if not override.is_sweep_override():
                axes[key] = [str(override.input_line)]
            elif override.is_discrete_sweep():
                axes[key] = [f"{key}={value}" for value in override.sweep_string_iterator()]
    return map(list, itertools.product(*axes.values()))


class JobRunner:
    """What Hydra's launcher calls with the config of every point: it submits the job and waits for it.

    Args:
        launcher: where the jobs run.
        folders: the user's conf directories.
        total: number of jobs in the sweep, for the log.

    Attributes:
        claims: the claim on each folder of a job.
    """

    def __init__(self, launcher: Launcher, folders: Sequence[Path], total: int) -> None:
        self._launcher, self._folders, self._total = launcher, folders, total
        self.claims: dict[Path, Claim] = {}
        self._begun: list[Path] = []
        self._ended = 0

    def __call__(self, config: DictConfig) -> JobResult:
        """How the job of `config` ended. A job that fails raises nothing; an interruption of the sweep cancels it."""
        folder = Path(HydraConfig.get().runtime.output_dir)
        if folder not in self.claims:  # a sweeper of another kind has drawn this point
            self.claims[folder] = Claim(RunFolder(folder), output_dirs.SWEEP_DIR)
        self.claims[folder].keep()
        save_composed(config, self._folders)
        self._begun.append(folder)
        hydra = HydraConfig.get()
        chosen = {"env": hydra.runtime.choices["env"], "agent": hydra.runtime.choices["agent"], "seed": config.seed}
        chosen |= dict(override.split("=", 1) for override in hydra.overrides.task if "=" in override)
        log.info("job %s/%s: %s", hydra.job.num, self._total, " ".join(f"{key}={chosen[key]}" for key in chosen))
        job = self._launcher.submit(folder)
        try:
            result = job.wait()
        except BaseException:
            job.cancel()
            raise
        self._ended += 1
        return result

    def state(self) -> str:
        """How far the sweep has come."""
        where = f"; sweep folder: {self._begun[0].parent}" if self._begun else ""
        return f"{self._ended} of {self._total} jobs had ended, {self._total - self._ended} are missing{where}"
