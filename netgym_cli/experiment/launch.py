"""From a command line to a run in a folder of its own: check everything first, then train."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from netgym_cli.common.errors import ConfigError, RunFailed
from netgym_cli.common.user_code import before_a_run
from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer, without_hydra
from netgym_cli.config.members import place_action_channel
from netgym_cli.config.overrides import key_of
from netgym_cli.config.schema import RunConfig
from netgym_cli.experiment.caveats import tell_caveats
from netgym_cli.experiment.config import groups_of, own_values, resolved, run_of, typed_run
from netgym_cli.experiment.unread import tell, unread
from netgym_cli.runs.claim import claimed
from netgym_cli.runs.folder import RunFolder

if TYPE_CHECKING:
    from netgym_cli.experiment.going_on import GoingOn
    from netgym_cli.experiment.summary import Summary

log = logging.getLogger(__name__)
OF_GRIDS = ("hydra.sweep", "hydra.sweeper", "hydra.launcher", "hydra/sweeper", "hydra/launcher")


def train(overrides: Sequence[str], config_dirs: Sequence[str | Path], command: list[str]) -> Summary:
    """Checks the config, then trains in a new run folder. An error from training carries the folder as a note.

    What is checked is what is written to `.hydra/config.yaml` and what is run: composed once, typed once.

    Raises:
        ConfigError: the config is wrong, or the folder is taken or cannot be written; no folder was made.
        NetgymError, OSError: training failed; the folder keeps what there was.
    """
    composer = Composer(overrides, config_dirs)
    composed = composer.whole()
    RunFolder.require_config_in(composed.hydra.output_subdir)
    values = resolved(without_hydra(composed))
    run = run_of(composer, composed)
    check(run)
    if composed.hydra.job.chdir:
        check_from_its_folder(run)
    keys = map(key_of, composer.hydra_overrides)
    void = [f"{key} has no effect without -m" for key in keys if key.startswith(OF_GRIDS)]
    tell([[*unread(run, composer.task_overrides), *void]])
    tell_caveats([run])
    chosen = output_dirs.run_folder(composed)
    folder = RunFolder(chosen.absolute())

    def task(_: DictConfig) -> Summary | Exception:
        # Hydra would report an exception in its own words, so it travels as a value.
        try:
            return _train_in(save(values), run, command, config_dirs)
        except Exception as error:
            return error

    with output_dirs.making(output_dirs.RUN_DIR, chosen), claimed(RunFolder(chosen), output_dirs.RUN_DIR):
        outcome: Summary | Exception = composer.run(composed, task)
        if isinstance(outcome, Exception) and not folder.holds_run and folder.path.is_dir():  # or else it was deleted
            raise outcome
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@before_a_run()
def check(config: RunConfig) -> None:
    """Everything about a run that can be known before it has a folder. Raises `ConfigError`."""
    from netgym_cli.experiment import end_evaluation, run  # slow to import, and the user's mistakes are known by now
    from netgym_cli.wrappers.required_simulators import check_simulators

    run.check(config)
    check_simulators(config)
    if config.evaluate_at_end is not None and config.evaluate_at_end.simulator is not None:
        check_simulators(end_evaluation.at_the_end(config))


def check_from_its_folder(config: RunConfig) -> None:
    """`check` from another working directory, as `hydra.job.chdir` makes the run's own folder one.

    Raises `ConfigError` for a path that leads nowhere from there.
    """
    with TemporaryDirectory() as folder, chdir(folder):
        try:
            check(config)
        except ConfigError as error:
            raise ConfigError(
                f"hydra.job.chdir is true, and seen from the run's own folder: {error} Give whole paths."
            ) from error


def train_job(folder: Path, trust: bool = False, config_dirs: Sequence[str | Path] = ()) -> Summary:
    """Trains one job of a sweep, which another process has checked and saved in `folder`. Raises as `train` does.

    That process asks for `trust`: it has just written the config, on a machine that may have no place for a key.
    """
    saved = RunFolder(folder)
    dirs = [word for config_dir in config_dirs for word in ("--config-dir", str(config_dir))]
    command = ["netgym", "train", *dirs, *saved.overrides()]
    config = replace(typed_run(own_values(saved, trust)), choices=groups_of(saved))
    return _train_in(folder, config, command, config_dirs)


def _train_in(
    folder: Path,
    config: RunConfig,
    command: list[str],
    config_dirs: Sequence[str | Path],
    going_on: GoingOn | None = None,
) -> Summary:
    from netgym_cli.experiment import run

    begun = RunFolder(folder)
    log.info("run folder: %s", folder)
    try:
        return replace(run.train(config, folder, command, going_on=going_on), config_dirs=tuple(map(str, config_dirs)))
    except ConfigError as error:
        if not begun.holds_run:
            raise
        failed = RunFailed(str(error))  # what is wrong showed in the run only, which has left a folder
        failed.add_note(f"run folder: {folder}")
        raise failed from error
    except BaseException as error:
        if begun.holds_run:
            error.add_note(f"run folder: {folder}")
        raise


def go_on(going_on: GoingOn, config: RunConfig, config_dirs: Sequence[str | Path] = ()) -> Summary:
    """Trains on in the folder of a run that ended early. Raises as `train` does."""
    folder = going_on.folder.path
    return _train_in(folder, config, list(going_on.record["command"]), config_dirs, going_on)


def save(values: Mapping[str, Any]) -> Path:
    """Replaces the config in the running job's folder by these values; returns the folder."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    RunFolder(folder).save_config(OmegaConf.create(dict(values)))
    return folder


def save_composed(config: DictConfig, folders: Sequence[Path]) -> Path:
    """The same for a job's config that Hydra's launcher has composed; `folders` are the user's conf directories."""
    place_action_channel(config, folders)
    return save(resolved(config))
