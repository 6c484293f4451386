"""What is said of a sweep besides its grid."""

import os
from dataclasses import replace

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer
from netgym_cli.experiment.config import run_of
from netgym_cli.jobs.request import SweepRequest, jobs_that_fit, parse


@pytest.mark.parametrize(
    ("words", "option", "asked"),
    [
        (["jobs=2"], None, SweepRequest(n_jobs=2)),
        (["n_jobs=2", "retries=0"], None, SweepRequest(n_jobs=2, retries=0)),
        ([], 3, SweepRequest(n_jobs=3)),
        ([], None, SweepRequest()),
    ],
)
def test_words_of_the_sweep_are_told_from_the_grid(words, option, asked):
    assert parse(["seed=1,2", *words, "agent.n_steps=4"], option) == (asked, ["seed=1,2", "agent.n_steps=4"])


@pytest.mark.parametrize(
    ("words", "option", "told"),
    [
        (["jobs=2", "n_jobs=3"], None, "jobs=2 and n_jobs=3 say the same; give one of them"),
        (["jobs=2"], 3, "jobs=2 and --jobs 3 say the same"),
        (["jobs=0"], None, "bad value for 'jobs': '0'|jobs is '0'"),
        (["jobs=1,2"], None, "jobs"),
        (["retries=-1"], None, "retries"),
        (["retries=101"], None, "retries"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, option, told):
    with pytest.raises(ConfigError, match=told):
        parse(words, option)


def test_as_many_jobs_as_the_cores_can_do_at_once(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    run = run_of(Composer(["env=rmcat", "agent=ppo", "agent.n_envs=1"]))
    several = replace(run, agent=replace(run.agent, n_envs=3))
    in_one_process = run_of(Composer(["env=rmcat", "simulator=fluid", "agent=ppo", "agent.n_envs=64"]))
    assert [jobs_that_fit(runs) for runs in ([run], [run, several], [in_one_process], [])] == [8, 2, 8, 8]
    assert jobs_that_fit([replace(run, agent=replace(run.agent, n_envs=99))]) == 1
