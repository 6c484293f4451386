"""What somebody says of a sweep besides its grid: how many jobs at once, and what happens to those that fail."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.overrides import key_of
from netgym_cli.config.schema import RunConfig, require
from netgym_cli.experiment.requests import whole_number
from netgym_cli.jobs.launchers.request import LOCALLY, LauncherRequest, is_of_launcher
from netgym_cli.jobs.search.request import TRIALS, WORDS, SearchRequest

JOBS = ("jobs", "n_jobs")
RETRIES = "retries"
DEFAULT_RETRIES = 1
MOST_RETRIES = 100


@dataclass(frozen=True)
class SweepRequest:
    """What somebody says of a sweep besides its grid.

    Attributes:
        n_jobs: jobs at once; None: as many as fit the cores.
        retries: how often a job that was killed is begun again; None: as the sweep was begun with, or else once.
        retry_failed: whether jobs that have failed before are begun again.
        fail_fast: whether the first failure ends the sweep.
        force: whether to go on with a sweep that another version of netgym began.
        search: what is searched; None: the points are those of a grid.
        launcher: where jobs run.
    """

    n_jobs: int | None = None
    retries: int | None = None
    retry_failed: bool = False
    fail_fast: bool = False
    force: bool = False
    search: SearchRequest | None = None
    launcher: LauncherRequest = LOCALLY


def parse(args: Sequence[str], option: int | None = None, **options: bool) -> tuple[SweepRequest, list[str]]:
    """The words of the command line that are of the sweep, and the overrides that are left.

    Args:
        args: as typed, such as `["seed=1,2", "jobs=2"]`.
        option: what `--jobs` says.
        options: further attributes of the request.

    Raises:
        ConfigError: a word that cannot be meant, or is given twice.
    """
    searched = any(key_of(word) == TRIALS for word in args)
    same = {**dict.fromkeys(JOBS, JOBS), **{key: (key,) for key in (RETRIES, *(WORDS if searched else ()))}}
    where = {key_of(word): (key_of(word),) for word in args if is_of_launcher(key_of(word))}
    same |= where
    own = [word for word in args if key_of(word) in same and "=" in word]
    for keys in dict.fromkeys(same.values()):
        given = [word for word in own if key_of(word) in keys]
        given += [f"--jobs {option}"] if keys == JOBS and option is not None else []
        if len(given) > 1:
            raise ConfigError(f"{' and '.join(given)} say the same; give one of them.")
    values = dict(word.split("=", 1) for word in own)
    n_jobs, retries = option, None
    for key in JOBS:
        n_jobs = whole_number(values[key], key) if key in values else n_jobs
    if (text := values.get(RETRIES)) is not None:
        allowed = f"how often a job that was killed is begun again, 0 to {MOST_RETRIES}"
        require(re.fullmatch(r"\d{1,3}", text) is not None and int(text) <= MOST_RETRIES, RETRIES, text, allowed)
        retries = int(text)
    launcher = LauncherRequest.of([word for word in own if key_of(word) in where])
    asked = SweepRequest(n_jobs, retries, **options, search=SearchRequest.of(values), launcher=launcher)
    return asked, [word for word in args if word not in own]


def jobs_that_fit(runs: Sequence[RunConfig]) -> int:
    """How many of these jobs the cores can do at once: as many as there are cores for the largest of them."""
    from netgym_cli.experiment.opening import simulators_at_once

    cores = len(os.sched_getaffinity(0))
    return max(1, cores // max((simulators_at_once(run) for run in runs), default=1))
