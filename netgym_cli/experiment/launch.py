"""From a command line to a run in a folder of its own: check everything first, then train."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.config.schema import RunConfig, plain
from netgym_cli.experiment.config import run_of, typed_run
from netgym_cli.runs.folder import RunFolder

if TYPE_CHECKING:
    from netgym_cli.experiment.summary import Summary


def train(overrides: Sequence[str], config_dirs: Sequence[str | Path], command: list[str]) -> Summary:
    """Checks the config, then trains in a new run folder. An error from training carries the folder as a note.

    Raises:
        ConfigError: the config is wrong; no folder was made.
        NetgymError, OSError: training failed; the folder keeps what there was.
    """
    composer = Composer(overrides, config_dirs)
    checked = run_of(composer)
    check(checked)
    with output_dirs.making(output_dirs.RUN_DIR):
        RunFolder(output_dirs.run_folder(composer.whole())).require_free(output_dirs.RUN_DIR)

    def task(config: DictConfig) -> Summary | Exception:
        # Hydra would report an exception in its own words, so it travels as a value.
        try:
            return train_in(save_resolved(config), command)
        except Exception as error:
            return error

    outcome: Summary | Exception = composer.run(task)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def check(config: RunConfig) -> None:
    """Everything about a run that can be known before it has a folder. Raises `ConfigError`."""
    from netgym_cli.experiment import run  # slow to import, and the user's mistakes are known by now
    from netgym_cli.wrappers.required_simulators import check_simulators

    run.check(config)
    check_simulators(config)


def train_in(folder: Path, command: list[str]) -> Summary:
    """Trains what the config in `folder` says, in `folder`. Raises as `train` does."""
    from netgym_cli.experiment import run

    config = typed_run(OmegaConf.create(RunFolder(folder).config()))
    try:
        return run.train(config, folder, command)
    except BaseException as error:
        error.add_note(f"run folder: {folder}")
        raise


def train_job(folder: Path) -> Summary:
    """The same for one job of a sweep, with the command that reproduces it alone."""
    return train_in(folder, ["netgym", "train", *RunFolder(folder).overrides()])


def save_resolved(config: DictConfig) -> Path:
    """Replaces the config in the running job's folder by its values without interpolations; returns the folder."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    if (action := OmegaConf.select(config, "channel.action")) is not None:  # a name depends on the config directories
        from netgym_cli.wrappers.channel_configs import completed

        given = OmegaConf.to_container(action) if OmegaConf.is_config(action) else action
        with open_dict(config):
            config.channel.action = plain(completed(given, "channel.action"))
    RunFolder(folder).save_config(config)
    return folder
