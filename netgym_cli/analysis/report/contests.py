"""Evaluations as a report needs them: the scores of agents that met the same networks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netgym_cli.analysis.evaluated import PLAN, RECORD
from netgym_cli.common.bounded import read_json
from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.folder import RunFolder

DEFAULT_ALGORITHM, RANDOM = "system_default", "random"


@dataclass(frozen=True)
class Contest:
    """Agents on the same networks.

    Attributes:
        name: says where they met, such as `rmcat`; unlike that of any other contest of a folder.
        env: the environment's name.
        episodes: episodes on each network.
        networks: seeds of the networks.
        baseline: label of the agent that the others are compared with.
        scores: label to metric to values, (trainings, networks); rules come first, and `return` is the first metric.
        rules: labels of those that were not trained.
        trained: folders of the runs behind the others.
        values: swept keys of the environment and their values here.
    """

    name: str
    env: str
    episodes: int
    networks: tuple[int, ...]
    baseline: str
    scores: Mapping[str, Mapping[str, np.ndarray]]
    rules: tuple[str, ...]
    trained: tuple[Path, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics."""
        return list(next(iter(self.scores.values())))

    def trainings(self, label: str) -> int:
        """Number of trainings behind an agent, 1 for a rule."""
        return len(next(iter(self.scores[label].values())))


def contests_in(folder: Path, baseline: str | None = None) -> list[Contest]:
    """The contests of an evaluation's folder, one for each environment of a grid.

    Raises `ConfigError` if it holds none that can be read.
    """
    try:
        record = read_json(folder / RECORD)
        points = record["points"] if "points" in record else [record]
        agents = record["agents"] if isinstance(record["agents"], list) else [record["agents"]]
        return [_contest(point, known, baseline) for point, known in zip(points, agents, strict=True)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"the evaluation in '{folder}' cannot be read: {error!r}; give another one.") from error


def at_the_end(runs: Sequence[tuple[str, Path]], baseline: str | None = None) -> tuple[list[Contest], list[Path]]:
    """The evaluations that followed trainings, and their folders.

    Those whose rules scored the same met the same networks: they become one, in which runs of the same name are
    trainings of one agent.

    Args:
        runs: name of the agent, and the run's folder.
        baseline: as for `read`.
    """
    same: dict[str, list[Contest]] = {}
    folders = []
    for name, run in runs:
        folder = RunFolder(run).last_evaluation
        if not (folder / RECORD).is_file():
            continue
        try:
            (contest,) = contests_in(folder, baseline)
        except (ConfigError, ValueError):
            continue
        folders.append(folder)
        rules = {label: _plain(contest.scores[label]) for label in contest.rules}
        key = json.dumps([contest.env, contest.episodes, contest.networks, rules], sort_keys=True)
        same.setdefault(key, []).append(_renamed(contest, name))
    return [_merged(contests) for contests in same.values()], folders


def _contest(point: Mapping[str, Any], agents: Mapping[str, Any], baseline: str | None) -> Contest:
    rows = pd.DataFrame(point["by_seed"])
    if "training" not in rows:  # one of the last release
        rows.insert(1, "training", 0)
    metrics = [column for column in rows if column not in PLAN]
    rules = [label for label in rows["agent"].unique() if isinstance(agents[label], dict)]
    trained = [label for label in rows["agent"].unique() if label not in rules]
    scores = {}
    for label in (*rules, *trained):
        part = rows[rows["agent"] == label]
        pivots = {metric: part.pivot(index="training", columns="seed", values=metric) for metric in metrics}
        scores[label] = {metric: pivot.to_numpy(np.float64) for metric, pivot in pivots.items()}
    swept: Mapping[str, Any] = next(iter(point.get("values", {}).values()), {})
    values = {key: value for key, value in swept.items() if _is_shared(point["values"], key, value)}
    where = ", ".join([str(point["env"]), *(f"{key}={value}" for key, value in values.items() if key != "env")])
    folders = [agents[label] for label in trained]
    paths = [Path(path) for named in folders for path in ([named] if isinstance(named, str) else named)]
    return Contest(
        where, str(point["env"]), int(point["episodes"]), tuple(sorted(rows["seed"].unique().tolist())),
        _baseline(scores, str(point["baseline"]), baseline), scores, tuple(rules), tuple(paths), values,
    )  # fmt: skip


def _is_shared(values: Mapping[str, Mapping[str, Any]], key: str, value: Any) -> bool:
    return value is not None and all(of_agent.get(key) == value for of_agent in values.values())


def _baseline(scores: Mapping[str, Any], recorded: str, chosen: str | None) -> str:
    wanted = [label for label in (chosen, DEFAULT_ALGORITHM, RANDOM, recorded) if label is not None]
    return next(label for label in wanted if label in scores)


def _plain(scores: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return {metric: np.nan_to_num(table).tolist() for metric, table in scores.items()}


def _renamed(contest: Contest, name: str) -> Contest:
    others = [label for label in contest.scores if label not in contest.rules]
    names = {label: name if len(others) == 1 and name not in contest.rules else label for label in others}
    scores = {names.get(label, label): table for label, table in contest.scores.items()}
    return Contest(**{**vars(contest), "scores": scores, "baseline": names.get(contest.baseline, contest.baseline)})


def _merged(contests: Sequence[Contest]) -> Contest:
    first = contests[0]
    scores = {label: dict(first.scores[label]) for label in first.rules}
    for label in dict.fromkeys(label for contest in contests for label in contest.scores if label not in first.rules):
        tables = [contest.scores[label] for contest in contests if label in contest.scores]
        scores[label] = {metric: np.concatenate([table[metric] for table in tables]) for metric in tables[0]}
    trained = tuple(path for contest in contests for path in contest.trained)
    return Contest(**{**vars(first), "scores": scores, "trained": trained})
