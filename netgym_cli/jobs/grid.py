"""The points of a grid: what each is made by, where it is going to run, and that it can."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig

from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer, without_hydra
from netgym_cli.config.overrides import action_channel_first, given_twice, key_of
from netgym_cli.config.schema import RunConfig
from netgym_cli.experiment.caveats import tell_caveats
from netgym_cli.experiment.config import resolved, run_of
from netgym_cli.experiment.launch import check, check_from_its_folder
from netgym_cli.experiment.unread import tell, unread
from netgym_cli.jobs.sweep_file import config_sum

OF_HYDRA = ("hydra.", "hydra/")


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


def without_hydras(overrides: Sequence[str]) -> list[str]:
    """The overrides that are not of Hydra's own part."""
    return [override for override in overrides if not key_of(override).startswith(OF_HYDRA)]


def checked(
    composer: Composer, whole: DictConfig, points: Sequence[Sequence[str]], config_dirs: Sequence[str | Path]
) -> tuple[list[RunConfig], list[str]]:
    """The run of every point, with the SHA-256 of its config. Tells what has no effect on any of them.

    Args:
        composer: Hydra with the overrides of the grid.
        whole: what it has composed.
        points: their overrides.
        config_dirs: the user's conf directories.

    Raises:
        ConfigError: a point cannot run.
    """
    runs, sums = [], []
    for point in points:
        own = Composer(point, config_dirs)
        composed = own.whole()
        runs.append(run_of(own, composed))
        sums.append(config_sum(resolved(without_hydra(composed))))
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
    return runs, sums


def folders_of(composer: Composer, whole: DictConfig, points: Sequence[Sequence[str]]) -> list[Path]:
    """The folder of every point, in order, as `whole`, the composed config of the grid, makes it."""
    folders = []
    for number, point in enumerate(points):
        with composer.errors_explained():
            overrides = action_channel_first(without_hydras(point))
            job = composer.hydra.config_loader.load_sweep_config(whole, overrides)
        folders.append(output_dirs.job_folder(job, number))
    return folders


def seen_from(sweep: Path, folder: Path) -> str:
    """The path of a job's folder, seen from the sweep's."""
    return os.path.relpath(folder, sweep)
