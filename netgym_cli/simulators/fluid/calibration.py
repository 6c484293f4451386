"""Calibrations: what a twin's parameters are for one scenario, with their errors, and where they come from.

A file says `scenario`, `like` (another calibration that gives what this one leaves out, or null), `provenance` (words),
`parameters`: for each name a `value` and its `error` (standard error, or null where nothing was fitted), and may say
`validation`: for each environment how near the twin is to ns-3 there, or null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from netgym_cli.common.bounded import read_yaml
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.home import expanded
from netgym_cli.common.suggestions import did_you_mean
from netgym_cli.simulators.fluid.config import DEFAULT
from netgym_cli.simulators.fluid.validation import Validation, validations

SHIPPED = Path(__file__).parent / "calibrations"
SUFFIX = ".yaml"
KEY = "simulator.calibration"


@dataclass(frozen=True)
class Calibration:
    """Parameters of one scenario's twin.

    Attributes:
        scenario: the scenario that they belong to.
        values: every parameter's value; units are in the names.
        errors: standard errors of those that were fitted.
        file: where they stand.
        provenance: how they were found.
        validation: environment to how near they are to ns-3 there, of this file alone; None: not validated.
    """

    scenario: str
    values: dict[str, float]
    errors: dict[str, float]
    file: Path
    provenance: str
    validation: Mapping[str, Validation | None] = field(default_factory=dict)

    def text(self) -> str:
        """The parameters as `name=value` lines."""
        return "\n".join(f"{name}={value!r}" for name, value in self.values.items())


def shipped() -> dict[str, Path]:
    """Calibrations that come with netgym, by name."""
    return {file.stem: file for file in sorted(SHIPPED.glob(f"*{SUFFIX}"))}


def calibration(name: str, scenario: str) -> Calibration:
    """The calibration `name` (default: the scenario's own; a shipped name; or a path) for `scenario`.

    Raises:
        ConfigError: there is none, its file is damaged, it has unknown or lacks known parameters, or it belongs to
            another scenario.
    """
    known = shipped()
    name = scenario if name == DEFAULT else name
    if name in known:
        file = known[name]
    elif name.endswith(SUFFIX):
        file = expanded(name)
    else:
        raise ConfigError(
            f"{KEY} is {name!r}; allowed: {', '.join([DEFAULT, *known])} or the path of a {SUFFIX} file."
            f"{did_you_mean(name, list(known))}"
        )
    found = _read(file, scenario, [])
    if scenario in known and file != known[scenario]:
        _require_parameters(found, _read(known[scenario], scenario, []).values)
    return found


def _read(file: Path, scenario: str, chain: list[Path]) -> Calibration:
    content = _content(file)
    owner, like = content["scenario"], content.get("like")
    if owner != scenario and not chain:
        raise ConfigError(
            f"{KEY}: {file} is for scenario {owner!r}, and the environment's is {scenario!r}; allowed: one "
            f"of its own, such as {DEFAULT}."
        )
    base: dict[str, float] = {}
    errors: dict[str, float] = {}
    if like is not None:
        if like not in shipped() or file in chain:
            raise ConfigError(f"{file}: like is {like!r}; allowed: null or one of {', '.join(shipped())}.")
        found = _read(shipped()[like], scenario, [*chain, file])
        base, errors = dict(found.values), dict(found.errors)
    for name, entry in (content.get("parameters") or {}).items():
        base[name] = _number(file, name, entry, "value")
        errors.pop(name, None)
        if isinstance(entry, dict) and entry.get("error") is not None:
            errors[name] = _number(file, name, entry, "error")
    validation = validations(content.get("validation"), file)
    return Calibration(str(owner), base, errors, file, str(content.get("provenance", "")), validation)


@lru_cache(maxsize=64)
def _parsed(file: Path, modified_ns: int) -> Any:
    return read_yaml(file)


def _content(file: Path) -> dict[str, Any]:
    try:
        content = _parsed(file, file.stat().st_mtime_ns)
    except OSError as error:
        raise ConfigError(f"{KEY}: {file} cannot be read ({error.strerror}).") from error
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{KEY}: {file} cannot be read: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict) or not isinstance(content.get("scenario"), str):
        raise ConfigError(f"{KEY}: {file} is no calibration: it lacks 'scenario: NAME'.")
    if not isinstance(content.get("parameters") or {}, dict):
        raise ConfigError(f"{KEY}: {file}: 'parameters' is no mapping of names to values.")
    return content


def _number(file: Path, name: str, entry: Any, part: str) -> float:
    value = entry.get(part) if isinstance(entry, dict) else entry
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{KEY}: {file}: the {part} of '{name}' is {value!r}; allowed: a number.")
    return float(value)


def _require_parameters(found: Calibration, due: dict[str, float]) -> None:
    for name in found.values.keys() - due.keys():
        raise ConfigError(f"{KEY}: {found.file}: unknown parameter '{name}'.{did_you_mean(name, list(due))}")
    if missing := sorted(due.keys() - found.values.keys()):
        raise ConfigError(
            f"{KEY}: {found.file} lacks {', '.join(missing)}; give them, or begin with 'like: {found.scenario}'."
        )
