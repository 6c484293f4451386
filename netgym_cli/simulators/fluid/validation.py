"""How near a twin is to ns-3 on networks that its calibration has not seen, and how near it has to be.

`python benchmarks/twins.py --write` measures it and writes it into the calibration's file, environment by environment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.simulators.fluid.config import DEFAULT

# The least rank correlation of agents by reward, and the largest errors: mean of the reward's, medians of the others'.
BARS = {"spearman": 0.9, "rate_error": 0.05, "owd_error": 0.20, "reward_error": 0.10}
BARS_OF = {"nqos_split_near_capacity": {"owd_error": 0.35, "reward_error": 0.2}}  # queues enlarge differences
AT_LEAST = ("spearman",)
WORDS = {
    "spearman": "agents' ranks correlate by {:.2f} (bar {:g})",
    "rate_error": "rates {:.0%} off (bar {:.0%})",
    "owd_error": "delays {:.0%} off (bar {:.0%})",
    "reward_error": "rewards {:.2f} off (bar {:g})",
}


@dataclass(frozen=True)
class Validation:
    """What was found in one environment; a figure that it does not have is None.

    Attributes:
        spearman: rank correlation of agents by their rewards on ns-3 and on the twin; NaN if all are alike on one side.
        reward_error: mean over agents of the absolute error of the reward per step.
        rate_error, owd_error: medians over agents of the relative errors of rate and one-way delay.
        networks: of ns-3, each with every agent.
        date: on which ns-3 was simulated, YYYY-MM-DD.
    """

    spearman: float | None
    reward_error: float | None
    rate_error: float | None
    owd_error: float | None
    networks: int
    date: str

    def missed(self, env: str) -> list[str]:
        """Names of the figures that miss their bars in the environment `env`."""
        return [name for name, bar in bars(env).items() if _misses(name, getattr(self, name), bar)]

    def fault(self, env: str) -> str | None:
        """The bars that are missed in `env`, in words, with the figures; None if there are none."""
        missed = self.missed(env)
        said = ", ".join(WORDS[name].format(getattr(self, name), bars(env)[name]) for name in missed)
        where = f"{self.networks} networks of env {env} ({self.date})"
        return f"the twin misses its bars on {where}: {said}" if missed else None

    def line(self) -> str:
        """The figures as a mapping of YAML on one line."""
        return "{" + ", ".join(f"{name}: {_written(value)}" for name, value in asdict(self).items()) + "}"


def bars(env: str) -> dict[str, float]:
    """What the twin has to reach in the environment `env`."""
    return BARS | BARS_OF.get(env, {})


def validations(content: Any, file: Path) -> dict[str, Validation | None]:
    """What a calibration's `file` has under `validation`: name of the environment to figures; None: not validated.

    Raises `ConfigError` if it is damaged.
    """
    if content is not None and not isinstance(content, Mapping):
        raise ConfigError(f"simulator.calibration: {file}: 'validation' is no mapping of environments to figures.")
    return {str(env): None if entry is None else _of(entry, str(env), file) for env, entry in (content or {}).items()}


def caveat(env: str, calibrations: Mapping[str, Mapping[str, Validation | None]]) -> str | None:
    """What somebody who chooses the twin for `env` has to know, in one line; None if it meets its bars there.

    Args:
        env: name of the environment, or of the variant.
        calibrations: name of each calibration in use to its validations.
    """
    told: dict[str, list[str]] = {}
    for name, by_env in calibrations.items():
        validation = by_env.get(env)
        never = f"the twin was not validated on fresh networks of env {env}"
        if (fault := never if validation is None else validation.fault(env)) is not None:
            told.setdefault(fault, []).append(name)
    faults = "; ".join(f"{_whose(names)}{fault}" for fault, names in told.items())
    return f"simulator=fluid: {faults}; simulator=ns3 tells what an agent is worth (docs/twins.md)" if told else None


def _whose(calibrations: list[str]) -> str:
    return "" if calibrations == [DEFAULT] else f"calibrated by {', '.join(calibrations)}, "


def _of(entry: Any, env: str, file: Path) -> Validation:
    names = [field.name for field in fields(Validation)]
    if not isinstance(entry, Mapping) or set(entry) != set(names) or not all(map(_is_figure, entry.items())):
        raise ConfigError(
            f"simulator.calibration: {file}: the validation of {env} is {entry!r}; allowed: null, or the figures "
            f"{', '.join(names)} as `python benchmarks/twins.py --write` writes them."
        )
    return Validation(**{**entry, "date": str(entry["date"])})


def _is_figure(item: tuple[Any, Any]) -> bool:
    name, value = item
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return name == "date" or number or (value is None and name != "networks")


def _misses(name: str, figure: float | None, bar: float) -> bool:
    if figure is None:
        return False
    return not figure >= bar if name in AT_LEAST else figure > bar


def _written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, float):
        return ".nan" if math.isnan(value) else f"{value:.3g}"
    return f"'{value}'" if isinstance(value, str) else str(value)
