"""How a search ended: the best trials, which keys mattered, and the best config as a file that `agent=` takes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from netgym_cli.common.files import replacing
from netgym_cli.config.overrides import AT_END, key_of
from netgym_cli.jobs.search.request import SearchRequest
from netgym_cli.jobs.search.study import Study
from netgym_cli.jobs.search.trial import TrialFolder

CONF, BEST = "conf", "best_agent"
SHOWN = 5


@dataclass(frozen=True)
class SearchOutcome:
    """How a search ended.

    Attributes:
        objective: the metric that counted.
        best: the best trials, the best one first: number, value, key to what was tried.
        importance: key to the share of the differences that it explains; empty where too few trials tell.
        pruned: how many trials ended early.
        file: the config of the best agent; None without a complete trial.
        command: the command that trains it.
    """

    objective: str
    best: Sequence[tuple[int, float, Mapping[str, Any]]]
    importance: Mapping[str, float]
    pruned: int
    file: Path | None = None
    command: str = ""


def conclude(
    folder: Path, study: Study, trials: Sequence[TrialFolder], asked: SearchRequest, config_dirs: Sequence[str]
) -> SearchOutcome:
    """Writes the config of the best agent; returns how the search stands."""
    best, pruned = study.best(SHOWN), study.pruned
    if not best:
        return SearchOutcome(asked.objective, best, {}, pruned)
    trial, value = trials[best[0][0]], best[0][1]
    agent = trial.run.config()["agent"]
    file = folder / CONF / "agent" / f"{BEST}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    about = f"# {agent['name']} of trial {trial.point.number}: {asked.objective} {value:.6g}, the best of a search\n"
    with replacing(file) as hidden:
        hidden.write_text(about + yaml.safe_dump(agent, sort_keys=False, allow_unicode=True))
    dirs = [word for path in (*config_dirs, os.path.relpath(folder / CONF)) for word in ("--config-dir", path)]
    rest = [word for word in trial.point.overrides if not _of_the_search(word)]
    command = shlex.join(["netgym", "train", *dirs, *rest, f"agent={BEST}"])
    return SearchOutcome(asked.objective, best, study.importance(), pruned, file, command)


def _of_the_search(override: str) -> bool:
    """Whether the best agent's file says it, or it was of the search alone."""
    key = key_of(override)
    return key == "agent" or key.startswith("agent.") or key == f"{AT_END}.networks"
