"""`netgym plot`: the results of the runs of a grid, with intervals over their seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from omegaconf import OmegaConf

from netgym_cli.common import statistics
from netgym_cli.common.drawing import own_settings
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import replacing
from netgym_cli.config.conf_dirs import GROUPS
from netgym_cli.config.messages import dotted_keys
from netgym_cli.config.schema import DEFAULT_SIMULATOR, require, unknown_key
from netgym_cli.runs.folder import RunFolder, runs_in

SUFFIXES = (".svg", ".png", ".pdf")


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

    def value(self, key: str) -> Any:
        """The config's value at a dotted key; of a group, such as `channel`, the name that was chosen.

        Raises `ConfigError` with the nearest key for an unknown one.
        """
        if key in GROUPS:
            return RunFolder(self.folder).choices().get(key) or self.config[key].get("name", DEFAULT_SIMULATOR)
        value = OmegaConf.select(OmegaConf.create(self.config), key, throw_on_missing=False)
        if value is None and key not in (known := list(dotted_keys(self.config))):
            raise ConfigError(unknown_key(key, known))
        return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value

    def result(self, column: str, last: float) -> float:
        """Mean of a column over the last share of the episodes. Raises `ConfigError` for an unknown column."""
        require(column in self.episodes, "--y", column, ", ".join(self.episodes.columns))
        count = max(1, round(last * len(self.episodes)))
        return float(self.episodes[column].tail(count).mean())


def read(folders: Sequence[Path]) -> tuple[list[Run], list[Path]]:
    """The complete runs in `folders` and directly under them, and the folders of runs that are not complete.

    Raises:
        ConfigError: a folder holds no run at all, or none is complete.
    """
    runs, incomplete = [], []
    for folder in {folder.resolve(): folder for folder in folders}.values():
        begun = runs_in(folder)
        if not begun:
            raise ConfigError(f"'{folder}' holds no run; give the folder of a run or of a grid (train -m).")
        for run in begun:
            episodes = run.episodes()
            if run.record().get("status") != "complete" or episodes.empty:
                incomplete.append(run.path)
            else:
                runs.append(Run(run.path, run.config(), episodes))
    if not runs:
        raise ConfigError(f"none of the {len(incomplete)} runs is complete; the first one is in '{incomplete[0]}'.")
    return runs, incomplete


def require_share(last: float) -> None:
    """Raises `ConfigError` unless this is a share of the episodes."""
    require(0 < last <= 1, "--last", last, "above 0, to 1")


def points(runs: Sequence[Run], x: str, y: str, by: str | None, last: float) -> pd.DataFrame:
    """One row per line and point on it: `by`, `x`, `mean`, `low`, `high` (95 % interval over runs), `runs`.

    Args:
        runs: complete runs; those with equal `x` and `by` differ in their seed only.
        x: key of the config that the horizontal axis shows.
        y: column of episodes.csv.
        by: key of the config with a line for each value; None: one line.
        last: share of the last episodes that `y` is averaged over, above 0, to 1.

    Raises:
        ConfigError: unknown key or column.
    """
    results: dict[tuple[Any, Any], list[float]] = {}
    for run in runs:
        point = (_plain(run.value(by)) if by else "", _plain(run.value(x)))
        results.setdefault(point, []).append(run.result(y, last))
    rows = []
    for (line, where), values in results.items():
        estimate = statistics.of_measured(values)
        rows.append({"by": line, "x": where, **estimate._asdict()})
    table = pd.DataFrame(rows).rename(columns={"seeds": "runs"})
    return table.sort_values(["by", "x"], key=lambda column: column.map(_sortable), ignore_index=True)


def curves(runs: Sequence[Run], y: str, by: str | None) -> pd.DataFrame:
    """Learning curves: as `points`, with the number of the episode as `x`, in about 50 stretches."""
    lines: dict[Any, list[pd.Series]] = {}
    for run in runs:
        run.result(y, 1.0)
        lines.setdefault(_plain(run.value(by)) if by else "", []).append(run.episodes[y])
    rows = []
    for line, tables in lines.items():
        length = min(map(len, tables))
        for stretch in np.array_split(np.arange(length), min(50, length)):
            estimate = statistics.of_measured([float(table.iloc[stretch].mean()) for table in tables])
            rows.append({"by": line, "x": float(stretch.mean()), **estimate._asdict()})
    return pd.DataFrame(rows).rename(columns={"seeds": "runs"})


def table_rows(table: pd.DataFrame) -> list[list[str]]:
    """The rows of `points` as text."""
    rows = []
    for row in table.itertuples():
        interval = "" if pd.isna(row.low) else f"[{row.low:.4g}, {row.high:.4g}]"
        rows.append([str(row.by), str(row.x), f"{row.mean:.4g}", interval, str(row.runs)])
    return rows


@own_settings()
def draw(table: pd.DataFrame, x: str, y: str, by: str | None, path: Path) -> None:
    """Lines through the means, a band for each interval.

    Raises `ConfigError` for an unknown kind of picture, or a path that cannot be written to.
    """
    require(path.suffix in SUFFIXES, "--output", str(path), f"a file name that ends in {', '.join(SUFFIXES)}")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "netgym", "font.size": 9}):
        figure = Figure(figsize=(6, 3.4), layout="constrained")
        axes = figure.subplots()
        for line, part in table.groupby("by", sort=False):
            numbers = pd.api.types.is_numeric_dtype(part["x"])
            where = part["x"] if numbers else part["x"].astype(str)
            (drawn,) = axes.plot(where, part["mean"], marker="o" if len(part) < 20 else "", label=str(line))
            low, high = part["low"].astype(float), part["high"].astype(float)
            axes.fill_between(where, low, high, color=drawn.get_color(), alpha=0.2, linewidth=0)
        count = table["runs"].min()
        axes.set_xlabel(x)
        axes.set_ylabel(f"{y}\n(mean, 95 % interval over {count} runs)" if count > 1 else y)
        if by:
            axes.legend(title=by, frameon=False)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        metadata = {"Date": None, "Creator": None} if path.suffix == ".svg" else None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as draft:
                figure.savefig(draft, dpi=150, metadata=metadata, format=path.suffix[1:])
        except OSError as error:
            raise ConfigError(f"cannot write '{path}': {error.strerror}; choose another by --output.") from error


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else json.dumps(value)


def _sortable(value: Any) -> tuple[bool, float, str]:
    number = isinstance(value, int | float)
    return (not number, float(value) if number else 0.0, str(value))
