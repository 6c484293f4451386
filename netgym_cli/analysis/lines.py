"""Which runs make a line of a plot together: those that differ in their seed, and in the key that the axis shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.conf_dirs import GROUPS
from netgym_cli.config.dotted import leaves
from netgym_cli.config.messages import dotted_keys
from netgym_cli.config.schema import DEFAULT_SIMULATOR, require, unknown_key
from netgym_cli.runs.folder import RunFolder

SEEDS = ("seed", "env.random_seed")
MOST = 20  # lines that colours can tell apart


@dataclass(frozen=True)
class Run:
    """A complete run.

    Attributes:
        folder: its folder.
        config: its whole config, plain.
        episodes: its table of episodes.
    """

    folder: Path
    config: dict[str, Any]
    episodes: pd.DataFrame

    @cached_property
    def choices(self) -> dict[str, str]:
        """Group to the name that was chosen."""
        chosen = RunFolder(self.folder).choices()
        return {group: chosen.get(group) or self._named(group) for group in GROUPS}

    @cached_property
    def values(self) -> dict[str, Any]:
        """Dotted key to its plain value, of every key that is no mapping."""
        return dict(leaves(self.config))

    @cached_property
    def tree(self) -> Any:
        """The config as OmegaConf has it."""
        return OmegaConf.create(self.config)

    @cached_property
    def overridden(self) -> tuple[str, ...]:
        """The keys that its command line gave values of their own, and not those of other keys."""
        given = [override for override in RunFolder(self.folder).overrides() if "${" not in override]
        return tuple(override.lstrip("+~").partition("=")[0] for override in given)

    def value(self, key: str) -> Any:
        """The config's value at a dotted key; of a group, such as `channel`, the name that was chosen.

        Raises `ConfigError` with the nearest key for an unknown one.
        """
        if key in GROUPS:
            return self.choices[key]
        value = OmegaConf.select(self.tree, key, throw_on_missing=False)
        if value is None and key not in (known := list(dotted_keys(self.config))):
            raise ConfigError(unknown_key(key, known))
        return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value

    def chose(self, key: str) -> bool:
        """Whether its command line gave the key, or a mapping that holds it."""
        return any(key == given or key.startswith(f"{given}.") for given in self.overridden)

    def result(self, column: str, last: float) -> float:
        """Mean of a column over the last share of the episodes. Raises `ConfigError` for an unknown column."""
        require(column in self.episodes, "--y", column, ", ".join(self.episodes.columns))
        count = max(1, round(last * len(self.episodes)))
        return float(self.episodes[column].tail(count).mean())

    def _named(self, group: str) -> str:
        return str(self.config.get(group, {}).get("name", DEFAULT_SIMULATOR))


@dataclass(frozen=True)
class Lines:
    """What the lines of a plot differ in.

    Attributes:
        keys: of the config; every combination of their values is a line. Without any there is one line.
        along: further keys in which the lines differ, whose values follow from those of `keys`.
    """

    keys: tuple[str, ...]
    along: tuple[str, ...] = ()

    @classmethod
    def of(cls, runs: Sequence[Run], x: str | None, by: str | None) -> Lines:
        """The key `by`, and every other one that runs differ in which would otherwise be taken for one.

        Those are keys in which runs differ whose `x` and `by` are equal, and keys that were chosen for some of the runs
        and not for others. A key that only follows from `x` is none. Seeds are none.

        Args:
            runs: complete runs.
            x: key that the horizontal axis shows; None: the course of the runs.
            by: key that was asked for; None: none was.

        Raises:
            ConfigError: an unknown key, or more lines than can be told apart.
        """
        shown = [key for key in (by, x) if key is not None]
        points: dict[tuple[str, ...], list[Run]] = {}
        for run in runs:
            points.setdefault(tuple(text_of(run.value(key)) for key in shown), []).append(run)
        known = dict.fromkeys(key for run in runs for key in run.values)
        more = [
            key
            for key in (*GROUPS, *known)
            if key not in (*shown, *SEEDS)
            and (
                any(_differ(pool, key) for pool in points.values())
                or (_differ(runs, key) and (key in GROUPS or any(run.chose(key) for run in runs)))
            )
        ]
        keys, count = [by] if by else [], len({_combination(run, [by] if by else []) for run in runs})
        for key in more:
            if (finer := len({_combination(run, [*keys, key]) for run in runs})) > count:
                keys, count = [*keys, key], finer
        lines = cls(tuple(keys), tuple(key for key in more if key not in keys))
        if count > MOST:
            raise ConfigError(
                f"the runs differ in {', '.join(lines.keys)}, which makes {count} lines; allowed: {MOST} or fewer. "
                "Give fewer folders, or show one of these keys on the axis by --x KEY."
            )
        return lines

    @property
    def title(self) -> str:
        """The keys, for the legend."""
        return ", ".join(self.keys)

    @property
    def remarks(self) -> list[str]:
        """Says what else the lines differ in, if they do."""
        return [f"the lines differ in {', '.join(self.along)}, too"] if self.along else []

    def label(self, run: Run) -> Any:
        """The line of a run: the value of the only key, or the values of all, in their order, as text."""
        if len(self.keys) == 1:
            return plain(_value(run, self.keys[0]))
        return ", ".join(_combination(run, self.keys))

    def name(self, run: Run) -> str:
        """The line of a run by a name that stands alone: its agent, and every other key with its value."""
        others = [key for key in self.keys if key != "agent"]
        told = (f"{key}={value}" for key, value in zip(others, _combination(run, others), strict=True))
        return ", ".join([run.choices["agent"], *told])


def plain(value: Any) -> Any:
    """A number or text as it is, anything else as text."""
    return value if isinstance(value, int | float | str) and not isinstance(value, bool) else json.dumps(value)


def text_of(value: Any) -> str:
    """Any value as text."""
    return str(plain(value))


def sortable(value: Any) -> tuple[bool, float, str]:
    """A key to sort values of a key by: numbers by size, then the rest by its text."""
    number = isinstance(value, int | float)
    return (not number, float(value) if number else 0.0, str(value))


def is_category(x: str, values: Iterable[Any]) -> bool:
    """Whether the values of a key are names, and so have neither distances nor anything between them."""
    return x in (*GROUPS, *SEEDS) or not all(isinstance(value, int | float) for value in values)


def _combination(run: Run, keys: Sequence[str]) -> tuple[str, ...]:
    """The values of the keys as text, - for one that the run has not."""
    return tuple("-" if (value := _value(run, key)) is None else text_of(value) for key in keys)


def _differ(runs: Sequence[Run], key: str) -> bool:
    """Whether runs differ in a key; in one of a group only runs that chose the same member can."""
    group = key.partition(".")[0]
    among: Callable[[Run], str] = lambda run: run.choices[group] if group in GROUPS and key != group else ""  # noqa: E731
    met: dict[str, set[str]] = {}
    for run in runs:
        met.setdefault(among(run), set()).add(text_of(_value(run, key)))
    return any(len(values) > 1 for values in met.values())


def _value(run: Run, key: str) -> Any:
    if key in GROUPS:
        return run.choices[key]
    return run.values[key] if key in run.values else OmegaConf.select(run.tree, key)
