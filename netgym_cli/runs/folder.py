"""A trained run, known from its folder alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import typed_run
from netgym_cli.config.schema import RunConfig
from netgym_cli.runs import record as run_record


def config_of(folder: Path) -> RunConfig:
    """The config of the run in `folder`. Raises `ConfigError` if there is none that has ended with a model."""
    record = _record(folder)
    try:
        config = typed_run(OmegaConf.load(folder / ".hydra" / "config.yaml"))  # type: ignore[arg-type]
    except FileNotFoundError as error:
        raise ConfigError(
            f"'{folder}' has no .hydra/config.yaml; give the folder of a run of `netgym train`."
        ) from error
    except ConfigError as error:
        raise ConfigError(f"{folder / '.hydra' / 'config.yaml'}: {error}") from error
    status = record.get("status")
    if status not in ("complete", "interrupted"):
        told = (record.get("error") or {}).get("message")
        why = told or ("it goes on, or was killed" if status == "running" else "it has not ended")
        raise ConfigError(f"the run in '{folder}' has the status {status!r}: {why}; evaluate a run that is complete.")
    return config


def agent_of(folder: Path) -> str:
    """The name that the run's agent was chosen by, as in `agent=NAME`."""
    return chosen(folder, "agent") or config_of(folder).agent.name


def chosen(folder: Path, group: str) -> str | None:
    """The name that the run's member of `group` was chosen by; None if the folder does not tell."""
    hydra = folder / ".hydra" / "hydra.yaml"
    name = OmegaConf.select(OmegaConf.load(hydra), f"hydra.runtime.choices.{group}") if hydra.is_file() else None
    return None if name is None else str(name)


def seeds_of(folder: Path) -> frozenset[int]:
    """Seeds of all sessions that the run in `folder` trained on, and of those behind its dataset or its first model."""
    record = _record(folder)
    seeds = [*record.get("seeds", []), *record.get("learnt_on", [])]
    return frozenset(seed for seed in seeds if seed is not None)


def _record(folder: Path) -> dict[str, Any]:
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
