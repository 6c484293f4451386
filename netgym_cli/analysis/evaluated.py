"""`netgym plot` of an evaluation: a metric of its sessions over a swept key, a line for each agent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from netgym_cli.analysis.lines import plain, sortable
from netgym_cli.common import statistics
from netgym_cli.common.bounded import read_json
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import require, unknown_key

AGENT, UNIT = "agent", "networks"
RECORD, SESSIONS = "evaluation.json", "seeds.csv"
PLAN = (AGENT, "training", "seed")  # columns that are neither a swept key nor a metric


def sessions(folders: Sequence[Path]) -> pd.DataFrame | None:
    """The sessions of an evaluation, one row each; None if the folders are those of runs.

    Raises `ConfigError` for several evaluations, whose networks are not the same, and for one that cannot be read.
    """
    if not any((folder / RECORD).is_file() for folder in folders):
        return None
    if len(folders) > 1:
        raise ConfigError(f"'{folders[0]}' and {len(folders) - 1} more; give one folder of netgym evaluate alone.")
    try:
        table = pd.read_csv(folders[0] / SESSIONS)
        record = read_json(folders[0] / RECORD)
    except (OSError, ValueError) as error:
        raise ConfigError(f"the evaluation in '{folders[0]}' cannot be read: {error}; give another one.") from error
    if not set(PLAN[::2]) <= set(table):
        raise ConfigError(f"'{folders[0] / SESSIONS}' is no table of netgym evaluate; give another folder.")
    if "training" not in table:  # one of the last release
        table.insert(1, "training", 0)
    table.attrs["title"] = str(record.get("env", "")) if isinstance(record, dict) else ""
    return table


def points(table: pd.DataFrame, x: str | None, y: str, by: str | None) -> tuple[pd.DataFrame, str]:
    """One row per line and point on it, as for `picture.draw`, and a title.

    An agent without a value of the axis, such as a rule where a key of the learner was swept, is drawn at every value.

    Args:
        table: as `sessions` gives it.
        x: a swept key; None: the agents, beside each other.
        y: a metric.
        by: what the lines differ in, `agent` or a swept key; None: the agents.

    Raises:
        ConfigError: an unknown key or metric, or sessions that differ in more keys than these two can show.
    """
    keys = [AGENT, *table.columns[: list(table.columns).index(AGENT)]]
    metrics = [column for column in table.columns if column not in (*keys, *PLAN)]
    require(y in metrics, "--y", y, ", ".join(metrics))
    for key in (x, by):
        if key is not None and key not in keys:
            raise ConfigError(unknown_key(key, keys))
    where, line = x or AGENT, by or AGENT
    values = table[where].dropna().unique()
    parts = [table, *(table[table[where].isna()].assign(**{where: value}) for value in values)]
    whole = pd.concat([part for part in parts if len(part)])
    rows = []
    for (label, place), part in whole.dropna(subset=[where]).groupby([line, where], dropna=False, sort=False):
        _require_alike(part, [key for key in keys if key not in (line, where)])
        trainings = part.pivot(index="training", columns="seed", values=y)
        estimate = statistics.of_measured(trainings.to_numpy())
        rows.append({"by": plain(_number(label)), "x": plain(_number(place)), **estimate._asdict()})
    found = pd.DataFrame(rows).rename(columns={"seeds": "runs"})
    order = {"key": lambda column: column.map(sortable), "ignore_index": True}
    return found.sort_values(["by", "x"], **order), str(table.attrs.get("title", ""))


def _require_alike(part: pd.DataFrame, keys: Sequence[str]) -> None:
    if differing := [key for key in keys if part[key].nunique(dropna=False) > 1]:
        raise ConfigError(
            f"one point would hold sessions that differ in {', '.join(differing)}, too; show a key by --x KEY and one "
            "by --by KEY, or evaluate fewer runs."
        )


def _number(value: object) -> object:
    """NumPy's numbers as Python's."""
    return value.item() if hasattr(value, "item") else value
