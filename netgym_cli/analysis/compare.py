"""`netgym compare`: what differs between runs, and whether their results do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from netgym_cli.analysis.differences import ABSENT, differing
from netgym_cli.analysis.lines import text_of
from netgym_cli.common import statistics
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.statistics import Estimate
from netgym_cli.runs.comparison import first_difference
from netgym_cli.runs.contents import FILES, sums
from netgym_cli.runs.folder import METRICS, RunFolder
from netgym_cli.runs.standing import Standing, standing

LAST = 0.2  # share of the last episodes that tell what a run came to
EQUAL, BUT_TIMES, DIFFERS, ONE_ONLY = "equal", "equal but for wall times", "differs", "not in both"
TABLES = f"{METRICS}/"
COMPARED = (TABLES, "model.", "agent/", "models/")  # how the names of tables and models begin
PROVENANCE = ("versions", "machine", "git", "simulator_software")  # parts of the record
FIGURES = 4  # digits of a number in a terminal


@dataclass(frozen=True)
class Comparison:
    """Runs beside each other; every mapping goes from the name of a run, or to such a mapping.

    Attributes:
        names: the folders as they were given.
        standings: how each stands.
        config: key of the config to the values, of keys in which they differ.
        provenance: seeds, versions, machines and the like, likewise.
        results: column of episodes.csv to the mean over the last fifth of the episodes, by network where a run has
            several; with its 95 % interval.
        differences: column to the same, minus the first run, paired by network; of runs that met the same networks.
        files: table or model to one of `EQUAL`, `BUT_TIMES`, `DIFFERS` and `ONE_ONLY`, beside the first run's.
        commands: the command lines.
    """

    names: tuple[str, ...]
    standings: Mapping[str, Standing]
    config: Mapping[str, Mapping[str, str]]
    provenance: Mapping[str, Mapping[str, str]]
    results: Mapping[str, Mapping[str, Estimate]]
    differences: Mapping[str, Mapping[str, Estimate]]
    files: Mapping[str, Mapping[str, str]]
    commands: Mapping[str, str]


def compare(folders: Sequence[Path]) -> Comparison:
    """Compares runs with the first one. Raises `ConfigError` for fewer than two, and for a folder without a run."""
    if len({folder.resolve() for folder in folders}) < 2:
        raise ConfigError(f"compare takes the folders of two runs or more; given: {', '.join(map(str, folders))}.")
    runs = {str(folder): RunFolder(folder) for folder in folders}
    records = {name: run.record() for name, run in runs.items()}
    values = {name: _by_network(run) for name, run in runs.items()}
    columns = dict.fromkeys(column for found in values.values() for column in found)
    results = {
        column: {name: statistics.of_measured(list(found[column].values())) for name, found in values.items()
                 if column in found}
        for column in columns
    }  # fmt: skip
    return Comparison(
        names=tuple(runs),
        standings={name: standing(run) for name, run in runs.items()},
        config=differing({name: run.config() for name, run in runs.items()}),
        provenance=differing({name: _provenance(record) for name, record in records.items()}),
        results=results,
        differences={column: _differences(column, values) for column in columns},
        files=_files(runs, records),
        commands={name: shlex.join(map(str, record.get("command") or [])) for name, record in records.items()},
    )


def tables(found: Comparison) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Title, heads and rows of what a terminal shows."""
    short = [f"run {number}" for number in range(1, len(found.names) + 1)]
    rows = [[head, name, now.status, str(now.steps), str(now.episodes)]
            for head, (name, now) in zip(short, found.standings.items(), strict=True)]  # fmt: skip
    yield "Runs", ["", "folder", "state", "steps", "episodes"], rows
    for title, part in (("Config", found.config), ("Provenance", found.provenance)):
        if part:
            yield (
                f"\n{title}: what differs",
                ["key", *short],
                [[key, *(values[name] for name in found.names)] for key, values in part.items()],
            )
    if found.results:
        minus = [f"{head} - run 1" for head in short[1:]]
        rows = [
            [column, *(_told(values.get(name)) for name in found.names),
             *(_told(found.differences[column].get(name)) for name in found.names[1:])]
            for column, values in found.results.items()
        ]  # fmt: skip
        yield (
            f"\nResults: mean of the last {LAST:.0%} of the episodes, 95 % interval over networks",
            ["", *short, *minus],
            rows,
        )
    if found.files:
        yield (
            "\nTables and models beside run 1",
            ["file", *short[1:]],
            [[file, *(told[name] for name in found.names[1:])] for file, told in found.files.items()],
        )


def remarks(found: Comparison) -> list[str]:
    """What a reader should know of the tables."""
    lines = [] if found.config else ["the configs are equal"]
    for name in found.names[1:] if found.files else ():
        if {told[name] for file, told in found.files.items() if file.startswith(TABLES)} <= {EQUAL, BUT_TIMES}:
            lines.append(f"the tables of {name} equal those of {found.names[0]}, wall times aside")
    early = [name for name, now in found.standings.items() if now.status != "complete"]
    lines += [f"not complete: {name} ({found.standings[name].status})" for name in early]
    if any(len(values) < len(found.names) - 1 for values in found.differences.values()):
        lines.append("differences are of runs that met the same networks; others have none")
    return lines


def as_json(found: Comparison) -> dict[str, Any]:
    """All of it as plain values."""
    return {
        "runs": [
            {"folder": name, **vars(found.standings[name]), "command": found.commands[name]} for name in found.names
        ],
        "config": found.config,
        "provenance": found.provenance,
        "results": {column: _plain(values) for column, values in found.results.items()},
        "differences": {column: _plain(values) for column, values in found.differences.items()},
        "files": found.files,
    }


def _by_network(run: RunFolder) -> dict[str, dict[int, float]]:
    """Column to the mean over the last episodes on each network, by the network's seed."""
    episodes = run.episodes()
    if episodes.empty or "seed" not in episodes:
        return {}
    last = episodes.tail(max(1, round(LAST * len(episodes))))
    numbers = [
        column
        for column in last.select_dtypes("number")
        if column not in ("session", "env", "episode", "seed", "length")
    ]
    means = last.groupby("seed")[numbers].mean()
    return {column: {int(seed): float(value) for seed, value in means[column].items()} for column in numbers}


def _differences(column: str, values: Mapping[str, Mapping[str, Mapping[int, float]]]) -> dict[str, Estimate]:
    first, *others = values
    base = values[first].get(column, {})
    found = {}
    for name in others:
        mine = values[name].get(column, {})
        if mine and mine.keys() == base.keys():
            found[name] = statistics.paired([mine[seed] for seed in base], np.array([*base.values()]))
    return found


def _provenance(record: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: record.get(key) or ABSENT for key in PROVENANCE}
    return {"seed": record.get("seed"), "seeds": text_of(record.get("seeds")), "host": record.get("host"), **told}


def _files(runs: Mapping[str, RunFolder], records: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """By their hashes, as the runs noted them at their end or as they are now; tables that differ are looked into."""
    hashes = {name: records[name].get(FILES) or sums(run) for name, run in runs.items()}
    first, *others = hashes
    names = dict.fromkeys(file for known in hashes.values() for file in known if file.startswith(COMPARED))
    found: dict[str, dict[str, str]] = {file: {} for file in names}
    for file in names:
        for name in others:
            mine, base = hashes[name].get(file), hashes[first].get(file)
            if mine is None or base is None:
                found[file][name] = ONE_ONLY
            elif mine == base:
                found[file][name] = EQUAL
            else:
                alike = file.startswith(TABLES) and _alike(runs[first].path / file, runs[name].path / file)
                found[file][name] = BUT_TIMES if alike else DIFFERS
    return found


def _alike(one: Path, other: Path) -> bool:
    """Whether two tables say the same, whatever the clock on the wall said; not if one cannot be read."""
    try:
        return first_difference(one, other)[1] is None
    except (OSError, ValueError, pa.ArrowException):
        return False


def _told(value: Estimate | None) -> str:
    if value is None:
        return ""
    interval = "" if value.low is None else f" [{value.low:.{FIGURES}g}, {value.high:.{FIGURES}g}]"
    return f"{value.mean:.{FIGURES}g}{interval}"


def _plain(values: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: value._asdict() for name, value in values.items()}
