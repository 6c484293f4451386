"""The tables of runs, column by column, of their last episodes: what agents do when they have learnt what they have."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from netgym_cli.analysis.lines import Run
from netgym_cli.runs.folder import DELAYS, STATS, STEPS, RunFolder
from netgym_cli.runs.steps_table import STEP_COLUMNS

LAST = 0.2  # share of the last episodes of a run that tell how its agent acts in the end
EPISODE = ("session", "env", "episode")  # columns that tell an episode
VALUES = [*EPISODE, "step", "ts_ms", "id", "value"]
LINE_POINTS = 60  # of a line over the steps of an episode
MOST_STEPS = 20_000  # of a run that are looked at
log = logging.getLogger(__name__)


def last_episodes(run: Run, most_steps: float = MOST_STEPS, share: float = LAST) -> pd.DataFrame:
    """The last share of the run's episodes: `session`, `env`, `episode`, `length`.

    As many of them as have `most_steps` together, but at least one.
    """
    count = max(1, round(share * len(run.episodes)))
    episodes = run.episodes.tail(count)
    fits = episodes["length"][::-1].cumsum()[::-1] <= most_steps
    episodes = episodes[fits] if fits.any() else episodes.tail(1)
    return episodes.assign(env=episodes.get("env", 0))[[*EPISODE, "length"]]


def indicators(run: Run) -> list[str]:
    """Names of the reward and the key performance indicators in the run's steps; empty without steps."""
    path = RunFolder(run.folder).metrics / STEPS
    schema = _schema(path)
    known = {name for name, _ in STEP_COLUMNS} - {"reward"}
    return [] if schema is None else [name for name in schema.names if name not in known]


def steps(run: Run, names: Sequence[str]) -> pd.DataFrame:
    """Every step of the last episodes: `session`, `env`, `episode`, `step` and the indicators `names`."""
    there = [name for name in names if name in indicators(run)]
    return _of_episodes(run, last_episodes(run), STEPS, ["step", *there], None)


def measured(run: Run) -> list[tuple[str, str, str]]:
    """Source, name and unit of everything that was measured in the run; read from its first part."""
    path = RunFolder(run.folder).metrics / STATS
    first = next(iter(sorted(path.glob("*.parquet"))), path) if path.is_dir() else path
    if _schema(first) is None:
        return []
    with pq.ParquetFile(first) as file:
        batch = next(file.iter_batches(20_000, columns=["source", "name", "unit"]), None)
    if batch is None:
        return []
    found = pa.Table.from_batches([batch]).group_by(["source", "name", "unit"]).aggregate([])
    return [(row["source"], row["name"], row["unit"]) for row in found.to_pylist()]


def measurements(run: Run, keys: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """The measurements `keys`, pairs of source and name, in the last episodes.

    `session`, `env`, `episode`, `step`, `source`, `name`, `id`, `value`.
    """
    wanted = pc.is_in(pc.field("name"), pa.array(sorted({name for _, name in keys}), pa.string()))
    table = _of_episodes(run, last_episodes(run), STATS, ["step", "source", "name", "id", "value"], wanted)
    return table[[key in set(keys) for key in zip(table["source"], table["name"], strict=True)]]


def everything_measured(run: Run, most_steps: int) -> pd.DataFrame:
    """All measurements of as many of the last episodes, in the table's order, with `ts_ms` and `unit`, too."""
    columns = ["step", "ts_ms", "source", "name", "id", "value", "unit"]
    return _of_episodes(run, last_episodes(run, most_steps), STATS, columns, None)


def indicator(run: Run, name: str, episodes: pd.DataFrame) -> pd.DataFrame:
    """An indicator in these episodes: `session`, `env`, `episode`, `step`, `ts_ms`, `id` (0), `value`."""
    if name not in indicators(run):
        return pd.DataFrame(columns=VALUES)
    found = _of_episodes(run, episodes, STEPS, ["step", "sim_time_ms", name], None)
    return found.rename(columns={"sim_time_ms": "ts_ms", name: "value"}).assign(id=0)[VALUES]


def measurement(run: Run, source: str, name: str, episodes: pd.DataFrame) -> pd.DataFrame:
    """A measurement in these episodes: `session`, `env`, `episode`, `step`, `ts_ms`, `id`, `value`."""
    wanted = (pc.field("source") == source) & (pc.field("name") == name)
    return _of_episodes(run, episodes, STATS, VALUES[len(EPISODE) :], wanted)


def has_packets(run: Run) -> bool:
    """Whether the run knows how long its packets took."""
    return _schema(RunFolder(run.folder).metrics / DELAYS) is not None


def packets(run: Run, source: str, name: str, episodes: pd.DataFrame) -> pd.DataFrame:
    """How long packets took in these episodes: `session`, `env`, `episode`, `step`, `id`, `bins`, `counts`.

    A row for each flow `source::name` and step in which it delivered any; the lists are those of `delays.parquet`.
    """
    wanted = (pc.field("source") == source) & (pc.field("name") == name)
    return _of_episodes(run, episodes, DELAYS, ["step", "id", "bins", "counts"], wanted)


def bin_of_steps(longest: int) -> int:
    """Steps that a point of a line over an episode's steps stands for."""
    return max(1, math.ceil(longest / LINE_POINTS))


def over_steps(table: pd.DataFrame, by: Sequence[str], column: str, width: int) -> pd.DataFrame:
    """The course of an episode: `by`, `step`, `mean`, `p10`, `p90` over episodes, `episodes`.

    Args:
        table: steps of episodes of several runs; `run` tells whose they are.
        by: columns that tell lines apart.
        column: whose values.
        width: steps that a point stands for; it stands in their middle.
    """
    bins = table["step"] // width
    keys = [*by, "bin", "run", *EPISODE]
    each = table.assign(bin=bins).groupby(keys, sort=False)[column].mean().reset_index()
    groups = each.groupby([*by, "bin"], sort=True)[column]
    found = groups.agg(["mean", "count"]).join(groups.quantile([0.1, 0.9]).unstack())
    found = found.reset_index().rename(columns={0.1: "p10", 0.9: "p90", "count": "episodes"})
    found.insert(len(by), "step", found.pop("bin") * width + (width - 1) / 2)
    return found.dropna(subset=["mean"])


def _of_episodes(
    run: Run, episodes: pd.DataFrame, table: str, columns: Sequence[str], wanted: pc.Expression | None
) -> pd.DataFrame:
    """The columns and those that tell an episode, of the rows of these episodes; empty if there is no table."""
    path = RunFolder(run.folder).metrics / table
    if _schema(path) is None:
        return pd.DataFrame(columns=[*EPISODE, *columns])
    session = int(episodes["session"].min())
    episode = int(episodes.loc[episodes["session"] == session, "episode"].min())
    begun = (pc.field("session") > session) | ((pc.field("session") == session) & (pc.field("episode") >= episode))
    try:
        found = pq.read_table(
            path, columns=[*EPISODE, *columns], filters=begun if wanted is None else begun & wanted
        ).to_pandas()
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        log.warning("left out, cannot be read: %s (%s)", path, error)
        return pd.DataFrame(columns=[*EPISODE, *columns])
    return found.merge(episodes[list(EPISODE)], on=list(EPISODE))


def _schema(path: Path) -> pa.Schema | None:
    """The columns of a table, whether it is complete or grows; None if there is none that can be read."""
    if path.is_dir():
        path = next(iter(sorted(path.glob("*.parquet"))), path)
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowInvalid):
        return None
