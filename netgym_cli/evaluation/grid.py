"""The runs of a grid, evaluated each in its own environment, beside the same rules: one long table for a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.conf_dirs import GROUPS
from netgym_cli.config.dotted import leaves
from netgym_cli.config.schema import RunConfig
from netgym_cli.evaluation.contest import Evaluation, Row
from netgym_cli.evaluation.request import Request, essence, parse
from netgym_cli.experiment.config import config_of
from netgym_cli.experiment.requests import folders_in
from netgym_cli.runs.below import runs_in
from netgym_cli.runs.folder import RunFolder

SEEDS = ("seed", "env.random_seed")
THERE = ("env", "channel", "simulator")  # the groups that say in which environment a run was
FIXED = ("agent", "training", "metric", "baseline")  # columns of the tables that no key may replace


@dataclass(frozen=True)
class Point:
    """The runs of a grid that share an environment.

    Attributes:
        values: swept key to its value, of the keys that say which environment it is.
        request: what is played there.
        of_runs: label of a trained agent to the swept keys that are its own.
    """

    values: Mapping[str, Any]
    request: Request
    of_runs: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class GridEvaluation:
    """The results of the points of a grid.

    Attributes:
        keys: the swept keys, the first columns of all tables.
        points: for each environment what its rows have in those columns, by agent, and its results.
    """

    keys: tuple[str, ...]
    points: tuple[tuple[Mapping[str, Mapping[str, Any]], Evaluation], ...]

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics that any point has, `return` first."""
        return list(dict.fromkeys(metric for _, found in self.points for metric in found.metrics))

    def summary(self) -> list[Row]:
        """As `Evaluation.summary`, with the swept keys as columns more."""
        return [self._row(values, row) for values, found in self.points for row in found.summary()]

    def paired(self) -> list[Row]:
        """As `Evaluation.paired`, with the swept keys as columns more; the baseline is that of the same environment."""
        return [self._row(values, row) for values, found in self.points for row in found.paired()]

    def by_seed(self) -> list[Row]:
        """As `Evaluation.by_seed`, with the swept keys as columns more."""
        return [self._row(values, row) for values, found in self.points for row in found.by_seed()]

    def _row(self, values: Mapping[str, Mapping[str, Any]], row: Row) -> Row:
        return {key: values[row["agent"]].get(key) for key in self.keys} | row


def runs_of_grids(folders: Sequence[Path]) -> tuple[list[Path], list[Path]] | None:
    """The runs to evaluate, and those left out as not complete; None if no folder is one of a grid."""
    if all(not folder.is_dir() or RunFolder(folder).holds_run or not runs_in(folder) for folder in folders):
        return None
    chosen: list[Path] = []
    left_out: list[Path] = []
    for folder in folders:
        if not folder.is_dir() or RunFolder(folder).holds_run:
            chosen.append(folder)
            continue
        for run in runs_in(folder):
            (chosen if run.status() == "complete" else left_out).append(run.path)
    if not chosen:
        raise ConfigError(f"none of the {len(left_out)} runs is complete; the first one is in '{left_out[0]}'.")
    return chosen, left_out


def points_of(
    args: Sequence[str], config_dirs: Sequence[str | Path] = (), trust: bool = False, jobs: int | None = None
) -> tuple[tuple[str, ...], list[Point], list[Path]] | None:
    """The swept keys, the environments of a grid's runs, and the runs left out; None if `args` name no grid.

    Raises `ConfigError` as `request.parse` does.
    """
    folders = folders_in(args)
    if not folders or (found := runs_of_grids(folders)) is None:
        return None
    runs, left_out = found
    configs = {run: config_of(run, trust) for run in runs}
    keys = swept_keys(runs, configs)
    others = [arg for arg in args if Path(arg) not in folders]
    points: dict[str, list[Path]] = {}
    for run in runs:
        points.setdefault(_environment(configs[run]), []).append(run)
    played: list[Point] = []
    for members in points.values():
        request = parse([*map(str, members), *others], config_dirs, trust, jobs)
        there = {key: _value(members[0], configs[members[0]], key) for key in keys if _is_there(key)}
        of_runs = {
            label: {key: _value(trained[0], configs[trained[0]], key) for key in keys if not _is_there(key)}
            for label, trained in request.contenders.items()
            if isinstance(trained, tuple)
        }
        played.append(Point(there, request, of_runs))
    return keys, played, left_out


def swept_keys(runs: Sequence[Path], configs: Mapping[Path, RunConfig]) -> tuple[str, ...]:
    """The keys that the command lines of the runs gave values that differ; seeds are none."""
    given = dict.fromkeys(
        override.lstrip("+~").partition("=")[0] for run in runs for override in RunFolder(run).overrides()
    )
    values = {key: {json.dumps(_value(run, configs[run], key), default=str) for run in runs} for key in given}
    return tuple(key for key in given if key not in (*SEEDS, *FIXED) and len(values[key]) > 1)


def _value(run: Path, config: RunConfig, key: str) -> Any:
    """The value of a dotted key in a run's config; of a group the name that was chosen."""
    if key in GROUPS:
        return config.choices.get(key) or config.name_of(key)
    return dict(leaves(config.values())).get(key)


def _is_there(key: str) -> bool:
    return key.partition(".")[0] in THERE


def _environment(config: RunConfig) -> str:
    there = {group: essence(getattr(config, group)) for group in THERE}
    return json.dumps([there, {group: config.choices.get(group) for group in THERE}], sort_keys=True, default=str)
