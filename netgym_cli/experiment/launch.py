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
    output_dirs.require_free_run(composer.whole())

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
    """Trains what `folder`'s `.hydra/config.yaml` says, in `folder`. Raises as `train` does."""
    from netgym_cli.experiment import run

    config = typed_run(OmegaConf.load(folder / ".hydra" / "config.yaml"))  # type: ignore[arg-type]
    try:
        return run.train(config, folder, command)
    except BaseException as error:
        error.add_note(f"run folder: {folder}")
        raise


def overrides_of(folder: Path) -> list[str]:
    """The overrides that made the run in `folder`."""
    return list(OmegaConf.load(folder / ".hydra" / "overrides.yaml"))


def save_resolved(config: DictConfig) -> Path:
    """Replaces the running job's `.hydra/config.yaml` by its values without interpolations; returns its folder."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    if (action := OmegaConf.select(config, "channel.action")) is not None:  # a name depends on the config directories
        from netgym_cli.wrappers.channel_configs import completed

        given = OmegaConf.to_container(action) if OmegaConf.is_config(action) else action
        with open_dict(config):
            config.channel.action = plain(completed(given, "channel.action"))
    OmegaConf.save(config, folder / ".hydra" / "config.yaml", resolve=True)
    return folder
