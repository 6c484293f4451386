"""From the record's first word to the end of the process: whatever happens, record, tables and exit code agree."""

import json
import os
import signal
import subprocess
import sys
import traceback

import pandas as pd
import pytest
from typer.testing import CliRunner

from netgym_cli.agents.builtin.random import Random
from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.jobs.launcher import failure
from netgym_cli.runs import recorder
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.tables import ParquetTable
from tests.conftest import REPO
from tests.support.toy import ToySimulator

CONF = REPO / "tests" / "support" / "conf"
TOY = ["--config-dir", str(CONF), "env=toy", "agent=random"]
ENDS_ITSELF = """
import os
from tests.support.toy import ToyAdapter, ToySimulator
class Adapter(ToyAdapter):
    required_simulator = "ends:Simulator"
class Simulator(ToySimulator):
    def step(self, policy):
        if self.users == 2 and self.steps == 3:
            os._exit(0)
        return super().step(policy)
"""

pytestmark = pytest.mark.usefixtures("workdir")


def train(*words):
    return CliRunner().invoke(app, ["train", *TOY, "sessions=1", "hydra.run.dir=run", *words])


def agreeing(workdir, name="run"):
    """The record of a run that has ended, whose tables agree with it."""
    record = json.loads((workdir / name / "run.json").read_text())
    metrics = workdir / name / "metrics"
    steps = len(pd.read_parquet(metrics / "steps.parquet"))
    sessions, episodes = pd.read_csv(metrics / "sessions.csv"), pd.read_csv(metrics / "episodes.csv")
    assert record["steps"] == steps == sessions["steps"].sum() and sessions["episodes"].sum() == len(episodes)
    assert record["status"] != "running" and not (workdir / name / ".reserve").exists()
    stats = pd.read_parquet(metrics / "stats.parquet")
    assert len(stats) <= 3 * steps
    return record


def sent_by(monkeypatch, owner, name, *numbers, at=1):
    """Lets a function send signals to this process, the call with this number, before it does its work."""
    calls, original = [], getattr(owner, name)

    def sending(*words, **keys):
        calls.append(name)
        if len(calls) == at:
            for number in numbers:
                os.kill(os.getpid(), number)
        return original(*words, **keys)

    monkeypatch.setattr(owner, name, sending)


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize(
    ("owner", "name"), [(traceback, "format_exception"), (ToySimulator, "close"), (ParquetTable, "close")]
)
def test_signals_after_the_first_do_not_disturb_the_end(workdir, monkeypatch, first, owner, name):
    sent_by(monkeypatch, ToySimulator, "step", first, at=4)
    sent_by(monkeypatch, owner, name, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    assert train().exit_code == 128 + first
    assert agreeing(workdir)["status"] == "interrupted"


def test_a_failure_stays_one_when_a_signal_comes_while_it_is_told(workdir, monkeypatch):
    sent_by(monkeypatch, traceback, "format_exception", signal.SIGTERM)
    done = train("env.fail_at_step=4")
    assert (done.exit_code, agreeing(workdir)["status"]) == (1, "failed") and "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_run_that_is_complete_is_so_whatever_comes_then(workdir, monkeypatch, number):
    def close(self, *words, original=RunRecord.close):
        original(self, *words)
        os.kill(os.getpid(), number)

    monkeypatch.setattr(RunRecord, "close", close)
    assert (train().exit_code, agreeing(workdir)["status"]) == (0, "complete")


@pytest.mark.parametrize("at", range(2, 6))
def test_a_signal_while_tables_are_written_does_not_tear_them_apart(workdir, monkeypatch, at):
    monkeypatch.setattr(ParquetTable, "due", property(lambda self: True))
    sent_by(monkeypatch, recorder, "replace_csv", signal.SIGTERM, at=at)
    assert train().exit_code == 143
    record = agreeing(workdir)
    assert record["status"] == "interrupted" and record["steps"] >= at - 2


def test_a_program_without_stderr_tells_its_end(workdir, monkeypatch):
    from netgym_cli.experiment import run
    from tests.support.engine import run_config

    monkeypatch.setattr(sys, "stderr", None)
    run.train(run_config(), workdir / "run", ["netgym", "train"])
    assert agreeing(workdir)["status"] == "complete"


@pytest.mark.parametrize("error", [ConfigError("of the data"), SystemExit(0)])
def test_a_run_that_has_begun_never_exits_2_or_0_without_being_complete(workdir, monkeypatch, error):
    def learn(*_):
        raise error

    monkeypatch.setattr(Random, "learn", learn)
    done = train()
    record = json.loads((workdir / "run/run.json").read_text())
    assert (done.exit_code, record["status"], record["error"]["type"]) == (1, "failed", type(error).__name__)
    assert (workdir / "run/error.txt").exists() and "run folder: " in done.stderr


def test_an_environment_that_cannot_be_closed_fails_the_run(workdir, monkeypatch):
    def stuck(self):
        if self.steps:
            raise ZeroDivisionError("in close")

    monkeypatch.setattr(ToySimulator, "close", stuck)
    done = train("env.episodes_per_session=1")
    assert done.exit_code == 1 and agreeing(workdir)["status"] == "failed"


@pytest.mark.parametrize("status", [0, 1, 7])
def test_a_job_that_ends_without_a_word_has_failed(workdir, status):
    (workdir / "run.json").write_text('{"status": "running"}')
    assert "ended" in failure(workdir, status)
    assert json.loads((workdir / "run.json").read_text())["status"] == "failed"


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_a_job_without_a_readable_record_has_failed(workdir, content):
    if content is not None:
        (workdir / "run.json").write_text(content)
    assert failure(workdir, 0)


def test_a_job_that_was_complete_before_its_process_was_killed_is_done(workdir):
    (workdir / "run.json").write_text('{"status": "complete"}')
    assert failure(workdir, -15) is None


@pytest.mark.long
def test_a_grid_counts_only_what_is_complete(workdir):
    (workdir / "env").mkdir()
    text = (CONF / "env" / "toy.yaml").read_text().replace("tests.support.toy:ToyAdapter", "ends:Adapter")
    (workdir / "env" / "ends.yaml").write_text(text)
    (workdir / "ends.py").write_text(ENDS_ITSELF)
    words = [
        "train",
        "-m",
        "--config-dir",
        ".",
        "env=ends",
        "agent=random",
        "env.num_users=2,3",
        "hydra.sweep.dir=grid",
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1 and "1 of 2 jobs done" in done.stdout and "exit 0" in done.stderr
    states = [json.loads((workdir / f"grid/{job}/run.json").read_text())["status"] for job in range(2)]
    assert states == ["failed", "complete"]


@pytest.mark.long
@pytest.mark.parametrize("verb", ["train", "sweep"])
@pytest.mark.parametrize(
    "before", ["exec 2>&-;", "exec >&-;", "exec <&- >&- 2>&-;", "exec >/dev/full;", "exec > >(true);"]
)
def test_streams_that_take_nothing_change_no_outcome(workdir, verb, before):
    words = [sys.executable, "-m", "netgym_cli", verb, *TOY, f"hydra.{'run' if verb == 'train' else 'sweep'}.dir=run"]
    done = subprocess.run(["bash", "-c", f'{before} "$@"', "bash", *words])
    assert done.returncode == 0
    assert agreeing(workdir, "run" if verb == "train" else "run/0")["status"] == "complete"


@pytest.mark.parametrize("before", ["exec >/dev/full;", "exec > >(true);", "exec >&-;"])
def test_what_is_on_the_disk_counts_and_not_the_words_about_it(workdir, before):
    words = [sys.executable, "-m", "netgym_cli", "new", "env", "stadium", "--simulator", "python", "-o", "mine"]
    done = subprocess.run(["bash", "-c", f'{before} "$@"', "bash", *words], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0 and (workdir / "mine/env/stadium.yaml").exists()
    assert ("the results are there" in done.stderr) == ("full" in before) and "Exception" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["list"], 1),  # as click ends, without a word
        (["evaluate", *TOY, "episodes=1", "seeds=1", "jobs=1", "-o", "kept"], 0),
    ],
)
def test_a_table_that_nobody_reads_is_no_failure_of_the_users_code(workdir, words, code):
    words = [sys.executable, "-m", "netgym_cli", *words]
    done = subprocess.run(["bash", "-c", 'exec > >(true); "$@"', "bash", *words], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, "sys.exit" in done.stderr, "Exception" in done.stderr) == (code, False, False), done.stderr
    assert (workdir / "kept/summary.csv").exists() == (code == 0)
