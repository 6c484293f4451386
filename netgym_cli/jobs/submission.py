"""How a job of a sweep gets its folder and its process: Hydra composes the config, a launcher starts the job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from netgym_cli.config.compose import Composer
from netgym_cli.experiment.launch import save_composed
from netgym_cli.jobs.job_folder import JobFolder
from netgym_cli.jobs.launcher import JobHandle, Launcher
from netgym_cli.jobs.sweep_view import SweepView


class Submission:
    """Starts the jobs of a sweep.

    Args:
        composer: Hydra with the overrides of the sweep.
        whole: what it has composed.
        launcher: where the jobs run.
        view: hears what each job is made by.
        prepare: called with the job when its folder is there, before it starts.
    """

    def __init__(
        self,
        composer: Composer,
        whole: DictConfig,
        launcher: Launcher,
        view: SweepView,
        prepare: Callable[[JobFolder], None] = lambda job: None,
    ) -> None:
        self._composer, self._whole, self._launcher = composer, whole, launcher
        self._view, self._prepare = view, prepare

    def __call__(self, job: JobFolder, locks: Sequence[int], goes_on: bool) -> JobHandle:
        """Starts the job, from its beginning or from its checkpoint. Raises `ConfigError` if its config is wrong."""
        if goes_on:
            self._view.announce(job, {"goes on": job.run.path})
            with self._composer.surroundings(self._whole, job.run.path):
                return self._launcher.submit(job.run.path, locks, quiet=True, goes_on=True)

        def task(config: DictConfig) -> JobHandle:
            save_composed(config, self._composer.folders)
            self._view.announce(job, _chosen(config))
            self._prepare(job)
            return self._launcher.submit(Path(HydraConfig.get().runtime.output_dir), locks, quiet=True)

        handle: JobHandle = self._composer.job(self._whole, job.point.number, job.point.overrides, job.run.path, task)
        return handle


def _chosen(config: DictConfig) -> dict[str, str]:
    """What makes a job, for its announcement: environment, agent, seed, and what was overridden."""
    hydra = HydraConfig.get()
    chosen = {"env": hydra.runtime.choices["env"], "agent": hydra.runtime.choices["agent"], "seed": config.seed}
    return chosen | dict(override.split("=", 1) for override in hydra.overrides.task if "=" in override)
