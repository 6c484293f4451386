"""From a command line to a run in a folder of its own: check everything first, then train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from netgym_cli.common.user_code import before_a_run
from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer, without_hydra
from netgym_cli.config.members import place_action_channel
from netgym_cli.config.schema import RunConfig
from netgym_cli.experiment.config import groups_of, own_values, resolved, run_of, typed_run
from netgym_cli.runs.folder import RunFolder

if TYPE_CHECKING:
    from netgym_cli.experiment.summary import Summary


def train(overrides: Sequence[str], config_dirs: Sequence[str | Path], command: list[str]) -> Summary:
    """Checks the config, then trains in a new run folder. An error from training carries the folder as a note.

    What is checked is what is written to `.hydra/config.yaml` and what is run: composed once, typed once.

    Raises:
        ConfigError: the config is wrong; no folder was made.
        NetgymError, OSError: training failed; the folder keeps what there was.
    """
    composer = Composer(overrides, config_dirs)
    composed = composer.whole()
    values = resolved(without_hydra(composed))
    run = run_of(composer, composed)
    check(run)
    with output_dirs.making(output_dirs.RUN_DIR):
        RunFolder(output_dirs.run_folder(composed)).require_free(output_dirs.RUN_DIR)

    def task(_: DictConfig) -> Summary | Exception:
        # Hydra would report an exception in its own words, so it travels as a value.
        try:
            return _train_in(save(values), run, command)
        except Exception as error:
            return error

    outcome: Summary | Exception = composer.run(composed, task)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@before_a_run()
def check(config: RunConfig) -> None:
    """Everything about a run that can be known before it has a folder. Raises `ConfigError`."""
    from netgym_cli.experiment import run  # slow to import, and the user's mistakes are known by now
    from netgym_cli.wrappers.required_simulators import check_simulators

    run.check(config)
    check_simulators(config)


def train_job(folder: Path, trust: bool = False) -> Summary:
    """Trains one job of a sweep, which another process has checked and saved in `folder`. Raises as `train` does.

    That process asks for `trust`: it has just written the config, on a machine that may have no place for a key.
    """
    saved = RunFolder(folder)
    config = replace(typed_run(own_values(saved, trust)), choices=groups_of(saved))
    return _train_in(folder, config, ["netgym", "train", *saved.overrides()])


def _train_in(folder: Path, config: RunConfig, command: list[str]) -> Summary:
    from netgym_cli.experiment import run

    try:
        return run.train(config, folder, command)
    except BaseException as error:
        error.add_note(f"run folder: {folder}")
        raise


def save(values: Mapping[str, Any]) -> Path:
    """Replaces the config in the running job's folder by these values; returns the folder."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    RunFolder(folder).save_config(OmegaConf.create(dict(values)))
    return folder


def save_composed(config: DictConfig, folders: Sequence[Path]) -> Path:
    """The same for a job's config that Hydra's launcher has composed; `folders` are the user's conf directories."""
    place_action_channel(config, folders)
    return save(resolved(config))
