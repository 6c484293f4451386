"""Where a run and the jobs of a sweep are going to write, known before anything is written."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from netgym_cli.common.errors import ConfigError

RUN_DIR, SWEEP_DIR = "hydra.run.dir", "hydra.sweep.dir"
NOT_OF_A_PLACE = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)


def run_folder(config: DictConfig) -> Path:
    """The folder of the run that `config` composes. Raises `ConfigError` if it is none."""
    return _select(config, RUN_DIR)


def sweep_folder(config: DictConfig) -> Path:
    """The folder of the sweep that `config` composes. Raises `ConfigError` if it is none."""
    return _select(config, SWEEP_DIR)


def job_folder(config: DictConfig, number: int) -> Path:
    """The folder of the job with this number of a sweep. Raises `ConfigError` if it is none."""
    with open_dict(config):
        config.hydra.job.id = config.hydra.job.num = number
    return _select(config, SWEEP_DIR) / str(_select(config, "hydra.sweep.subdir"))


def place_job(config: DictConfig, number: int, folder: Path) -> None:
    """Gives the config of a job its number and its folder."""
    with open_dict(config):
        config.hydra.job.id = config.hydra.job.num = number
        config.hydra.sweep.dir, config.hydra.sweep.subdir = str(folder.parent), folder.name


@contextmanager
def making(key: str, folder: Path | None = None) -> Iterator[None]:
    """Says of an `OSError` in here that `folder`, chosen by `key`, cannot be made, and what to do about it."""
    try:
        yield
    except OSError as error:
        if error.errno in NOT_OF_A_PLACE:
            raise
        where, why = error.filename or folder or "it", error.strerror or error
        raise ConfigError(f"cannot create the run folder {where}: {why}; choose another by {key}=PATH.") from error


def _select(config: DictConfig, key: str) -> Path:
    """The path under `key`, with Hydra's own interpolations (`${hydra:...}`) as they will be in the job."""
    before, HydraConfig.instance().cfg = HydraConfig.instance().cfg, None
    try:
        HydraConfig.instance().set_config(config)
        value = OmegaConf.select(config, key)
    finally:
        HydraConfig.instance().cfg = before
    if value is None or not str(value).strip():
        raise ConfigError(f"{key} is {value!r}; allowed: the path of a folder, or leave it out for a new one.")
    return Path(str(value))
