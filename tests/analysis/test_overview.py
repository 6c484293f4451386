"""`netgym runs`: every run below a folder and how it stands."""

import csv
import json
import os
import socket

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.locks import Lock
from netgym_cli.runs.below import runs_below, runs_in
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.standing import duration, standing

DONE = {"status": "complete", "env": "rmcat", "agent": "ppo", "seed": 3, "steps": 100, "planned_steps": 100,
        "episodes": 20, "mean_return": 1.5, "last_return": 2.5, "wall_s": 30.0, "start_s": 10.0, "host": "there",
        "started_at": "2026-11-30T12:00:00+00:00"}  # fmt: skip
HALF = DONE | {"status": "running", "steps": 50, "host": socket.gethostname(), "pid": os.getpid()}
FAILED = DONE | {"status": "failed", "error": {"type": "SimulatorDied", "message": "killed by SIGSEGV\nmore"}}


def write(folder, record):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(record))
    return RunFolder(folder)


def netgym(*words):
    return CliRunner().invoke(app, words)


@pytest.fixture
def outputs(workdir):
    for number, record in ((2, DONE), (10, HALF), (9, FAILED)):
        write(workdir / "outputs" / "grid" / str(number), record)
    write(workdir / "outputs" / "grid" / "9.attempt1", FAILED)
    write(workdir / "outputs" / "grid" / "2" / "evaluation", DONE)  # what lies in a run is none
    write(workdir / "outputs" / ".hidden", DONE)
    (workdir / "outputs" / "link").symlink_to(workdir / "outputs" / "grid")
    return workdir / "outputs"


def test_runs_are_found_below_a_folder_in_order(outputs):
    assert [str(run.path.relative_to(outputs)) for run in runs_below(outputs)] == ["grid/2", "grid/9", "grid/10"]
    assert [run.path.name for run in runs_in(outputs / "grid")] == ["2", "9", "10"]
    assert [run.path.name for run in runs_in(outputs / "grid" / "9.attempt1")] == ["9.attempt1"]


def test_the_table_tells_how_they_stand(outputs):
    done = netgym("runs")
    assert done.exit_code == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [row[:7] for row in rows] == [
        ["grid/2", "complete", "rmcat", "ppo", "3", "100/100", "2.5"],
        ["grid/9", "failed", "rmcat", "ppo", "3", "100/100", "2.5"],
        ["grid/10", "running", "rmcat", "ppo", "3", "50/100", "2.5"],
    ]
    assert rows[2][7:9] == ["20", "s"]  # 50 steps in 20 s, and 50 to come


def test_programs_get_json_or_a_table(outputs):
    found = json.loads(netgym("runs", str(outputs), "--json").stdout)
    assert [run["status"] for run in found] == ["complete", "failed", "running"]
    assert found[1]["error"] == "SimulatorDied: killed by SIGSEGV" and found[2]["left_s"] == 20.0
    rows = list(csv.DictReader(netgym("runs", str(outputs), "--csv").stdout.splitlines()))
    assert [row["steps_per_s"] for row in rows] == ["5.0", "5.0", "2.5"]
    assert rows[0].keys() == found[0].keys()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nope"], "'nope' is no folder"),
        (["."], "there is no run in '.' or below it"),
        ([".", "--json", "--csv"], "give one of them"),
    ],
)
def test_what_cannot_be_listed_is_refused(workdir, words, told):
    done = netgym("runs", *words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.output


def test_a_dead_process_is_told_from_one_that_lives(tmp_path):
    run = write(tmp_path / "run", HALF)
    assert standing(run).status == "running"  # without a lock to look at, by the process
    write(run.path, HALF | {"pid": 2**22 + 1})
    assert standing(run).status == "died"
    with Lock(run.reserve_path):
        assert standing(run).status == "running"
    write(run.path, HALF)
    assert standing(run).status == "died"  # whoever has its number now does not hold the lock


@pytest.mark.parametrize(
    ("heartbeat", "status"), [("2026-11-30T12:00:00+00:00", "silent"), ("2999-01-01T00:00:00+00:00", "running")]
)
def test_a_run_on_another_machine_is_judged_by_its_signs_of_life(tmp_path, heartbeat, status):
    run = write(tmp_path / "run", HALF | {"host": "elsewhere", "heartbeat_at": heartbeat})
    assert standing(run).status == status


@pytest.mark.parametrize("record", [[], {"status": 3, "steps": "x"}, {"status": "complete", "start_s": "x"}, "text"])
def test_a_record_that_says_anything_harms_nothing(tmp_path, record):
    assert standing(write(tmp_path / "run", record)).status in ("unreadable", "3")


def test_returns_of_an_earlier_release_are_read_from_its_table(tmp_path):
    run = write(tmp_path / "run", {key: value for key, value in DONE.items() if "return" not in key})
    run.metrics.mkdir()
    (run.metrics / "episodes.csv").write_text("session,return\n" + "".join(f"0,{k}.0\n" for k in range(20)))
    now = standing(run)
    assert (now.episodes, now.mean_return, now.last_return) == (20, 9.5, 18.5)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.2, "0 s"), (99.4, "99 s"), (754, "12:34"), (11070, "3:04 h")]
)
def test_durations_are_short(seconds, text):
    assert duration(seconds) == text
