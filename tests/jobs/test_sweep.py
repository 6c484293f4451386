"""What a sweep says and does around its jobs."""

import csv
import json
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.jobs.sweep_file import Point, SweepFile
from tests.conftest import REPO

CONF = REPO / "tests" / "support" / "conf"
TOY = ["--config-dir", str(CONF), "env=toy", "agent=random", "sessions=1"]
SLOW = """
import time
from tests.support.toy import ToyAdapter, ToySimulator
class Adapter(ToyAdapter):
    required_simulator = "slow:Simulator"
class Simulator(ToySimulator):
    def step(self, policy):
        time.sleep(0.1 if self.users == 2 else 0)
        return super().step(policy)
"""


@pytest.fixture
def slow(workdir):
    (workdir / "env").mkdir()
    text = (CONF / "env" / "toy.yaml").read_text().replace("tests.support.toy:ToyAdapter", "slow:Adapter")
    (workdir / "env" / "slow.yaml").write_text(text.replace("session: 2 ", "session: 1000 "))
    (workdir / "slow.py").write_text(SLOW)
    return ["--config-dir", str(workdir), "env=slow", "agent=random"]


def netgym(*words):
    return CliRunner().invoke(app, words)


def interrupted(workdir, words, number, before=""):
    """Exit code, stderr and job statuses of a `netgym` that gets a signal once its tables have begun."""
    command = ["bash", "-c", f'{before} exec "$@"', "bash", sys.executable, "-m", "netgym_cli", *words]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if list(workdir.rglob("steps.parquet")):
            break
        time.sleep(0.1)
    child.send_signal(number)
    _, errors = child.communicate(timeout=60)
    records = [json.loads(path.read_text())["status"] for path in workdir.rglob("run.json")]
    return child.returncode, errors, records


def test_a_sweep_that_cannot_hear_ctrl_c_hears_sigterm(workdir, slow):
    words = ["sweep", *slow, "env.num_users=2,3", "jobs=1"]
    code, errors, records = interrupted(workdir, words, signal.SIGTERM, "trap '' INT;")
    assert (code, records) == (143, ["interrupted"])
    assert "0 of 2 jobs had ended, 2 are missing; sweep folder: " in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("verb", ["train", "sweep"])
def test_a_lost_terminal_leaves_complete_tables(workdir, slow, verb):
    code, errors, records = interrupted(workdir, [verb, *slow, "env.num_users=2"], signal.SIGHUP)
    assert (code, records) == (129, ["interrupted"])
    assert "Traceback" not in errors


@pytest.mark.usefixtures("workdir")
def test_every_job_is_announced_and_a_failure_is_told_with_its_message():
    command = [sys.executable, "-m", "netgym_cli", "sweep", *TOY, "seed=7,8", "env.fail_at_step=3"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    for job, seed in enumerate([7, 8]):
        assert f"job {job}/2: env=toy agent=random seed={seed} sessions=1 env.fail_at_step=3\n" in done.stderr
    failures = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
    assert len(failures) == 2
    assert all("toy simulator failed at step 3" in line and "(exit 1)" in line for line in failures)


def test_a_sweep_whose_jobs_died_is_finished_by_the_same_command(workdir):
    words = ["train", "-m", *TOY, "seed=7,8", "hydra.sweep.dir=grid"]
    done = netgym(*words)
    assert done.exit_code == 0, done.output
    assert done.stdout.count("next: netgym evaluate") == 2 and "2 of 2 jobs done" in done.stdout
    described = json.loads((workdir / "grid/sweep.json").read_text())
    assert [point["overrides"][-1] for point in described["points"]] == ["seed=7", "seed=8"]
    kept = (workdir / "grid/0/run.json").read_bytes()
    record = json.loads((workdir / "grid/1/run.json").read_text())
    (workdir / "grid/1/run.json").write_text(json.dumps(record | {"status": "running"}))  # as SIGKILL leaves it
    done = netgym(*words, "jobs=1")
    assert done.exit_code == 0, done.output
    assert (workdir / "grid/0/run.json").read_bytes() == kept
    assert json.loads((workdir / "grid/1.attempt1/run.json").read_text())["status"] == "running"
    again = json.loads((workdir / "grid/1/run.json").read_text())
    assert (again["status"], again["mean_return"]) == ("complete", record["mean_return"])
    with (workdir / "grid/jobs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["status"], row["attempts"]) for row in rows] == [("complete", "1"), ("complete", "2")]
    assert rows[1]["reproduce"].endswith("env=toy agent=random sessions=1 seed=8")
    assert netgym("sweep", "--resume", "grid").stdout.startswith("2 of 2 jobs done")
    changed = netgym(*words[:-2], "seed=7,9", "hydra.sweep.dir=grid")
    assert (changed.exit_code, "seed was 7,8, is 7,9" in changed.stderr) == (2, True)


def test_a_config_that_has_changed_since_is_refused(workdir):
    (workdir / "env").mkdir()
    text = "defaults: [toy, _self_]\nnum_users: 2\n"
    (workdir / "env" / "mine.yaml").write_text(text)
    words = ["sweep", "--config-dir", ".", *TOY[:2], "env=mine", "agent=random", "seed=7,8", "hydra.sweep.dir=grid"]
    points = [Point(k, str(k), ("env=mine", "agent=random", f"seed={k + 7}"), "another sum") for k in range(2)]
    (workdir / "grid").mkdir()
    said = {"command": words, "config_dirs": [".", str(CONF)], "overrides": words[5:], "hydra": []}
    SweepFile.new(points, **said, n_jobs=1, retries=1).create(workdir / "grid")
    for command in (words, ["sweep", "--resume", "grid"]):
        done = netgym(*command)
        assert (done.exit_code, "job 0 of" in done.stderr, "has another config" in done.stderr) == (2, True, True)
    assert [path.name for path in (workdir / "grid").iterdir()] == ["sweep.json"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sweep", "--resume", "grid", "seed=1"], "--resume grid runs the grid that lies there; leave out seed=1"),
        (["sweep", "--resume", "grid"], "holds no sweep (sweep.json is missing)"),
        (["train", "--fail-fast", "seed=1"], "are of grids: add -m"),
        (["train", "-m", "seed=1,2", "jobs=0"], "jobs"),
    ],
)
def test_what_cannot_be_meant_is_refused(workdir, words, told):
    done = netgym(*words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.output
    assert list(workdir.iterdir()) == []


@pytest.mark.usefixtures("workdir")
def test_cfg_shows_the_first_point_of_a_grid():
    done = CliRunner().invoke(app, ["train", "-m", *TOY, "--cfg", "job", "seed=7,8"])
    assert done.exit_code == 0, done.stderr
    assert "seed: 7\n" in done.stdout


def test_a_reader_who_has_seen_enough_is_no_error(workdir):
    command = f"{sys.executable} -m netgym_cli train --info all | head -2"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


def test_the_help_of_every_verb_fits_one_line():
    done = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"})
    assert "..." not in done.stdout.replace("KEY=VALUE...", "").partition("Commands:")[2]
