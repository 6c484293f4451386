"""A grid of runs: every point is checked before the first is launched, and every job is a process of its own.

So a crash in one job ends no other, whatever Hydra launcher starts them.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig

from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.experiment.config import run_of
from netgym_cli.experiment.launch import check, save_composed
from netgym_cli.jobs.launcher import JobResult, Launcher, LocalLauncher
from netgym_cli.runs.folder import RunFolder

log = logging.getLogger(__name__)


def sweep(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> list[JobResult]:
    """Runs the grid that `overrides` span. Raises `ConfigError` before anything is launched if a point is wrong."""
    composer = Composer(overrides, config_dirs)
    points = list(grid(composer))
    for config in [run_of(Composer(point, config_dirs)) for point in points]:
        check(config)
    whole = composer.whole(RunMode.MULTIRUN)
    for number, point in enumerate(points):
        with composer.errors_explained():
            job = composer.hydra.config_loader.load_sweep_config(whole, point)
        with output_dirs.making(output_dirs.SWEEP_DIR):
            RunFolder(output_dirs.job_folder(job, number)).require_free(output_dirs.SWEEP_DIR)
    runner = JobRunner(LocalLauncher(), composer.folders, len(points))
    try:
        batches = composer.multirun(runner)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(runner.state())
        raise
    return [job.return_value for batch in batches or [] for job in batch]


def grid(composer: Composer) -> Iterator[list[str]]:
    """The overrides of every point. Values that only a sweeper of another kind can draw (`interval(...)`) are left out.

    Raises:
        ConfigError: an override that cannot be parsed.
    """
    with composer.errors_explained():
        parser = OverridesParser.create(config_loader=composer.hydra.config_loader)
        axes: list[list[str]] = []
        for override in parser.parse_overrides(composer.task_overrides):
            if not override.is_sweep_override():
                axes.append([str(override.input_line)])
            elif override.is_discrete_sweep():
                axes.append([f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()])
    return map(list, itertools.product(*axes))


class JobRunner:
    """What Hydra's launcher calls with the config of every point: it submits the job and waits for it.

    Args:
        launcher: where the jobs run.
        folders: the user's conf directories.
        total: number of jobs in the sweep, for the log.
    """

    def __init__(self, launcher: Launcher, folders: Sequence[Path], total: int) -> None:
        self._launcher, self._folders, self._total = launcher, folders, total
        self._begun: list[Path] = []
        self._ended = 0

    def __call__(self, config: DictConfig) -> JobResult:
        """How the job of `config` ended. A job that fails raises nothing; an interruption of the sweep cancels it."""
        folder = save_composed(config, self._folders)
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
