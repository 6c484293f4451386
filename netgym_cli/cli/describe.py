"""The output of `netgym show`: spaces, and every key with default, unit, allowed values and meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netgym_cli.common.user_code import before_a_run
from netgym_cli.config import conf_dirs

if TYPE_CHECKING:
    from netgym_cli.config.schema import EnvConfig
from dataclasses import asdict

from omegaconf import OmegaConf

from netgym_cli.config import catalog
from netgym_cli.config.compose import Composer
from netgym_cli.config.fields import allowed_values
from netgym_cli.experiment.config import run_of
from netgym_cli.experiment.unread import tell, unread


@before_a_run()
def describe(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> dict[str, Any]:
    """Spaces and keys of the groups named in `overrides` (without any: all), as plain values.

    Returns:
        `spaces`: observation and action space and step length if an environment is described, else empty;
        `keys`: a list of `key`, `default`, `unit`, `allowed`, `meaning`.

    Raises:
        ConfigError: the overrides do not compose or validate.
    """
    composer = Composer(overrides, config_dirs)
    config = composer.compose()
    named = {override.lstrip("+~").partition("=")[0].partition(".")[0] for override in overrides}
    groups = [group for group in conf_dirs.GROUPS if group in named] or [""]
    run = run_of(composer)
    tell([unread(run, overrides)])
    described = spaces(run.env) if {"env", ""} & set(groups) else {}
    allowed = {key: str(values) for key, values in allowed_values(run, "")}
    raw: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    files = composer.files()
    keys = [asdict(key) for group in groups for key in catalog.keys(raw, files, group, allowed)]
    return {"spaces": described, "keys": keys}


@before_a_run()
def draw_map(overrides: Sequence[str], config_dirs: Sequence[str | Path], output: Path) -> None:
    """Draws the network of the chosen environment. Raises `ConfigError` if it has no map, and as `describe` does."""
    run = run_of(Composer(overrides, config_dirs))
    from netgym_cli.analysis import network_map

    network_map.draw(run.env, output)


def space_lines(spaces: dict[str, Any]) -> Iterator[str]:
    """The spaces, human-readable; nothing if there are none."""
    for name in ("observation", "action") if spaces else ():
        space = spaces[name]
        yield f"{name}: {space['space']}"
        for index, label in enumerate(space["labels"]):
            yield f"  {index}: {label}"
    if spaces:
        yield f"step: {spaces['step_ms']:g} ms of simulated time\n"


def spaces(config: EnvConfig) -> dict[str, Any]:
    """The observation and action space of an environment: kind, shape, bounds and labels, as plain values."""
    from netgym_cli.envs.base import adapter_of

    adapter = adapter_of(config)
    return {
        "observation": _space(adapter.observation_space, adapter.observation_labels),
        "action": _space(adapter.action_space, adapter.action_labels),
        "step_ms": adapter.step_ms,
    }


def _space(space: Any, labels: Sequence[str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "space": str(space),
        "kind": type(space).__name__,
        "shape": list(space.shape or ()),
        "dtype": str(space.dtype),
        "labels": list(labels),
    }
    if hasattr(space, "low"):
        described |= {"low": float(space.low.min()), "high": float(space.high.max())}
    return described
