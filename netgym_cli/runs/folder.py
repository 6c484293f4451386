"""A trained run, known from its folder alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.runs import record as run_record


def chosen(folder: Path, group: str) -> str | None:
    """The name that the run's member of `group` was chosen by; None if the folder does not tell."""
    hydra = folder / ".hydra" / "hydra.yaml"
    name = OmegaConf.select(OmegaConf.load(hydra), f"hydra.runtime.choices.{group}") if hydra.is_file() else None
    return None if name is None else str(name)


def seeds_of(folder: Path) -> frozenset[int]:
    """Seeds of all sessions that the run in `folder` trained on, and of those behind its dataset or its first model."""
    record = read_record(folder)
    seeds = [*record.get("seeds", []), *record.get("learnt_on", [])]
    return frozenset(seed for seed in seeds if seed is not None)


def read_record(folder: Path) -> dict[str, Any]:
    """What `run.json` in `folder` holds. Raises `ConfigError` if it holds no record of a run."""
    path = folder / run_record.NAME
    if not folder.is_dir():
        raise ConfigError(f"'{folder}' is neither the folder of a run nor KEY=VALUE.")
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigError(
            f"'{folder}' holds no run ({run_record.NAME} is missing); give a run's own folder."
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path} cannot be read: {error}; give another run.") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds no record of a run; give another run.")
    return content
