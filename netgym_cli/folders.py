"""Where a run and the jobs of a sweep are going to write, known and judged before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from netgym_cli.errors import ConfigError

if TYPE_CHECKING:
    from netgym_cli.compose import Composer

CONFIG_NAME = "config"
RUN_DIR, SWEEP_DIR = "hydra.run.dir", "hydra.sweep.dir"


def require_free_run(composer: Composer) -> None:
    """Raises `ConfigError` if the run's folder is none or holds a run already."""
    with composer.errors_explained():
        config = composer.hydra.compose_config(CONFIG_NAME, composer.overrides, RunMode.RUN)
        folder = _select(config, RUN_DIR)
    _require_free(folder, RUN_DIR)


def require_free_sweep(composer: Composer, points: Sequence[Sequence[str]]) -> None:
    """Raises `ConfigError` if the folder of any job is none or holds a run already."""
    loader = composer.hydra.config_loader
    with composer.errors_explained():
        grid = composer.hydra.compose_config(CONFIG_NAME, composer.overrides, RunMode.MULTIRUN)
    for number, point in enumerate(points):
        with composer.errors_explained():
            job = loader.load_sweep_config(grid, list(point))
            with open_dict(job):
                job.hydra.job.id = job.hydra.job.num = number
            folder = _select(job, SWEEP_DIR) / str(_select(job, "hydra.sweep.subdir"))
        _require_free(folder, SWEEP_DIR)


@contextmanager
def making(key: str) -> Iterator[None]:
    """Says of an `OSError` in here that the folder of `key` cannot be made, and what to do about it."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"cannot create the run folder {error.filename}: {error.strerror}; choose another by {key}=PATH."
        ) from error


def _require_free(folder: Path, key: str) -> None:
    with making(key):
        taken = [name for name in ("run.json", "metrics") if (folder / name).exists()]
    if taken:
        raise ConfigError(f"{folder.absolute()} holds a run already ({taken[0]}); choose another by {key}=PATH.")


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
