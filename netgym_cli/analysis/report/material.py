"""What a report is made of: the runs and evaluations in the folders that it is given, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from netgym_cli.analysis.evaluated import RECORD
from netgym_cli.analysis.lines import Lines, Run
from netgym_cli.analysis.report.contests import Contest, at_the_end, contests_in
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.conf_dirs import GROUPS
from netgym_cli.runs.below import runs_in
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.standing import Standing, standing


@dataclass(frozen=True)
class ReportedRun:
    """A run, however it stands.

    Attributes:
        folder: its folder.
        now: how it stands.
        record: what `run.json` says; empty if it cannot be read.
        run: with its config and its episodes; None if it has ended no episode, or cannot be read.
    """

    folder: Path
    now: Standing
    record: dict[str, Any]
    run: Run | None


@dataclass(frozen=True)
class Group:
    """Runs in one environment, by what they differ in.

    Attributes:
        env: the environment's name, as it was chosen.
        runs: the runs, each with at least one episode.
        states: folder to how the run stands.
        lines: what they differ in; nothing if that would make more lines than can be told apart.
        remark: says so; else empty.
    """

    env: str
    runs: tuple[Run, ...]
    states: Mapping[Path, str]
    lines: Lines
    remark: str = ""

    @cached_property
    def members(self) -> dict[str, list[Run]]:
        """Name of a line to its runs, sorted by name. Runs that ended early are lines apart."""
        found: dict[str, list[Run]] = {}
        for run in self.runs:
            found.setdefault(self.name(run), []).append(run)
        return dict(sorted(found.items()))

    def name(self, run: Run) -> str:
        """The line of a run, with a remark if the run is not complete."""
        state = self.states[run.folder]
        return self.lines.name(run) + ("" if state == "complete" else f" ({state})")


@dataclass(frozen=True)
class Material:
    """Everything that sections are made of.

    Attributes:
        given: the folders that were named.
        runs: every run in them.
        evaluations: the folders of evaluations among them, or of those that followed trainings.
        contests: what these found.
    """

    given: tuple[Path, ...]
    runs: tuple[ReportedRun, ...]
    evaluations: tuple[Path, ...]
    contests: tuple[Contest, ...]

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The runs that have ended an episode, by environment."""
        by_env: dict[str, list[Run]] = {}
        for reported in self.runs:
            if reported.run is not None:
                by_env.setdefault(reported.run.choices["env"], []).append(reported.run)
        states = {reported.folder: reported.now.status for reported in self.runs}
        return tuple(_group(env, runs, states) for env, runs in by_env.items())


def read(folders: Sequence[Path], baseline: str | None = None) -> Material:
    """What is in the folders of runs, grids and evaluations.

    Args:
        folders: the folders.
        baseline: the agent that others are compared with; None: the default algorithm, else random, else the one that
            the evaluation chose.

    Raises:
        ConfigError: a folder holds neither, an evaluation cannot be read, or none knows the baseline.
    """
    found: dict[Path, ReportedRun] = {}
    evaluations = []
    for folder in folders:
        if (folder / RECORD).is_file():
            evaluations.append(folder)
            continue
        runs = runs_in(folder)
        if not runs:
            raise ConfigError(
                f"'{folder}' holds neither a run nor an evaluation; give the folder of a run, of a grid (train -m) or "
                "of netgym evaluate."
            )
        for run in runs:
            found.setdefault(run.path.resolve(), _reported(run))
    contests = [contest for folder in evaluations for contest in contests_in(folder, baseline)]
    material = Material(tuple(folders), tuple(found.values()), tuple(evaluations), ())
    played = {path.resolve() for contest in contests for path in contest.trained}
    ended = [
        (group.name(run), run.folder)
        for group in material.groups
        for run in group.runs
        if run.folder.resolve() not in played
    ]
    later, their_folders = at_the_end(ended, baseline)
    contests += later
    known = list(dict.fromkeys(label for contest in contests for label in contest.scores))
    if baseline is not None and baseline not in known:
        raise ConfigError(
            f"--baseline is '{baseline}'; allowed: {', '.join(known) or 'none, as there is no evaluation'}."
        )
    return Material(material.given, material.runs, (*evaluations, *their_folders), tuple(contests))


def _reported(run: RunFolder) -> ReportedRun:
    now = standing(run)
    try:
        record, config, episodes = run.record(), run.config(), run.episodes()
    except (ConfigError, OSError, ValueError):
        return ReportedRun(run.path, now, {}, None)
    read = Run(run.path, config, episodes) if _usable(config, episodes) else None
    return ReportedRun(run.path, now, record, read)


def _usable(config: dict[str, Any], episodes: pd.DataFrame) -> bool:
    named = all(isinstance(config.get(group), dict) for group in ("env", "agent"))
    whole = named and all(isinstance(config.get(group, {}), dict) for group in GROUPS)
    return whole and not episodes.empty and {"return", "length", "seed"} <= set(episodes.select_dtypes("number"))


def _group(env: str, runs: Sequence[Run], states: Mapping[Path, str]) -> Group:
    try:
        return Group(env, tuple(runs), states, Lines.of(runs, None, None))
    except ConfigError as error:
        why = str(error).partition("; allowed")[0]
        remark = f"In {env}, {why}: too many to tell apart, so all runs of one agent are a line."
        return Group(env, tuple(runs), states, Lines(()), remark)
