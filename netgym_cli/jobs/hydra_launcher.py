"""Grids that only Hydra's plugins can run: another sweeper draws the points, or another launcher starts the jobs.

Their state is the plugin's, so such a grid has no `sweep.json` and is not continued.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.experiment.launch import save_composed
from netgym_cli.jobs.launcher import JobResult, Launcher, LocalLauncher
from netgym_cli.runs.claim import Claim, claimed
from netgym_cli.runs.folder import RunFolder

log = logging.getLogger(__name__)
BASIC = ("hydra._internal.core_plugins.basic_launcher.BasicLauncher",
         "hydra._internal.core_plugins.basic_sweeper.BasicSweeper")  # fmt: skip


def needs_plugin(whole: DictConfig) -> bool:
    """Whether the composed config of a grid has a sweeper or a launcher that is not Hydra's plain one."""
    return whole.hydra.launcher.get("_target_") not in BASIC or whole.hydra.sweeper.get("_target_") not in BASIC


def run(composer: Composer, folders: Sequence[Path]) -> list[JobResult]:
    """Runs a grid through Hydra's sweeper and launcher; returns how each job ended.

    Args:
        composer: Hydra with the overrides of the grid.
        folders: of the points that are known before, in order.

    Raises:
        ConfigError: a run lies in one of them.
    """
    with ExitStack() as claims, output_dirs.making(output_dirs.SWEEP_DIR, folders[0].parent if folders else None):
        runner = JobRunner(LocalLauncher(composer.folders), composer.folders, len(folders))
        for folder in folders:
            claim = claims.enter_context(claimed(RunFolder(folder), output_dirs.SWEEP_DIR))
            runner.claims[Path(os.path.abspath(folder))] = claim
        try:
            batches = composer.multirun(runner)
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(runner.state())
            raise
    return [job.return_value for batch in batches or [] for job in batch]


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
