"""Sweeps whose launchers and jobs are killed: nothing is lost, and nothing runs twice."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.conftest import REPO
from tests.support.interrupted import outcome

CONF = REPO / "tests" / "support" / "conf"
# Every eighth seed aborts the job's process; each beginning of a job leaves a line.
ABORTING = """
import os, time
from tests.support.toy import ToyAdapter, ToySimulator
class Adapter(ToyAdapter):
    required_simulator = "aborting:Simulator"
class Simulator(ToySimulator):
    def start(self, scenario, settings, seed):
        self.aborts = seed % 8 == 3
        with open(os.environ["BEGINNINGS"], "a") as file:
            file.write(f"{seed}\\n")
        return super().start(scenario, settings, seed)
    def step(self, policy):
        time.sleep(0.02)
        if self.aborts and self.steps == 6:
            os.abort()
        return super().step(policy)
"""

pytestmark = pytest.mark.long


@pytest.fixture
def words(workdir, monkeypatch):
    """The words of a sweep over an environment in which every eighth seed aborts, without seeds."""
    (workdir / "conf" / "env").mkdir(parents=True)
    text = (CONF / "env" / "toy.yaml").read_text().replace("tests.support.toy:ToyAdapter", "aborting:Adapter")
    (workdir / "conf" / "env" / "aborting.yaml").write_text(text)
    (workdir / "conf" / "aborting.py").write_text(ABORTING)
    monkeypatch.setenv("BEGINNINGS", str(workdir / "beginnings"))
    words = ["train", "-m", "--config-dir", "conf", "env=aborting", "agent=random", "sessions=1", "jobs=2"]
    return [*words, "env.episodes_per_session=6", "hydra.sweep.dir=grid"]


def start(words):
    command = [sys.executable, "-m", "netgym_cli", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def statuses(folder):
    """Number of jobs, without what was set aside, by the word of their record."""
    paths = [path for path in folder.glob("*/run.json") if path.parent.name.isdecimal()]
    return Counter(json.loads(path.read_text())["status"] for path in paths)


def wait_until(condition, child):
    while not condition():
        assert child.poll() is None, child.communicate()
        time.sleep(0.05)


def beginnings(workdir):
    return Counter((workdir / "beginnings").read_text().split())


def table(workdir):
    with (workdir / "grid" / "jobs.csv").open() as file:
        return {int(row["number"]): row for row in csv.DictReader(file)}


def begun_by_folders(workdir):
    """How often each job was begun, by its seed, as the folders tell."""
    folders = [path.parent.name.partition(".")[0] for path in (workdir / "grid").glob("*/run.json")]
    return Counter(folders)


def test_forty_jobs_of_which_five_abort_and_the_launcher_is_killed_twice(workdir, words):
    words = [*words, "seed=range(0,40)"]
    grid, complete = workdir / "grid", {}
    for enough in (6, 18):
        launcher = start(words)
        wait_until(lambda enough=enough: statuses(grid)["complete"] >= enough and statuses(grid)["running"], launcher)
        launcher.kill()
        launcher.communicate()
        for path in grid.glob("*/run.json"):
            if json.loads(path.read_text())["status"] == "complete":
                complete[path] = path.stat().st_mtime_ns
    launcher = start(words)
    killed = []

    def killed_one():
        for path in grid.glob("*/run.json"):
            record = json.loads(path.read_text())
            if record["status"] == "running" and record["steps"] and path.parent.name.isdecimal():
                os.kill(record["pid"], signal.SIGKILL)
                killed.append(int(path.parent.name))
                return True
        return False

    wait_until(killed_one, launcher)
    out, errors = launcher.communicate()
    assert launcher.returncode == 1, errors
    assert "35 of 40 jobs done" in out
    failures = [line for line in errors.splitlines() if line.startswith("failed: ")]
    assert len(failures) == 5 and all("killed by SIGABRT" in line for line in failures)
    assert errors.count("reproduce it with: netgym train --config-dir conf env=aborting") == 5
    assert "killed by SIGKILL; it begins again" in errors
    rows = table(workdir)
    assert {number for number, row in rows.items() if row["status"] == "failed"} == {3, 11, 19, 27, 35}
    assert rows[killed[0]]["status"] == "complete" and int(rows[killed[0]]["attempts"]) >= 2
    assert {path: path.stat().st_mtime_ns for path in complete} == complete
    assert begun_by_folders(workdir) == Counter({str(number): int(row["attempts"]) for number, row in rows.items()})
    assert beginnings(workdir) <= begun_by_folders(workdir)  # a process may be gone before its simulator begins
    before, again = beginnings(workdir), start(words)
    again.communicate()
    assert (again.returncode, beginnings(workdir)) == (1, before)  # what aborts, aborts again


def test_a_job_that_was_killed_goes_on_from_its_checkpoint(workdir, words):
    learner = ["agent=ppo", "agent.n_envs=1", "agent.n_steps=8", "agent.batch_size=8", "checkpoint_every_s=0.1"]
    learner += ["env.episodes_per_session=60", "evaluate_at_end=0"]
    words = [word for word in words if not word.startswith(("agent=", "env.episodes"))]
    job, grid = workdir / "grid" / "0", [*words, *learner, "seed=1,2"]
    launcher = start(grid)
    wait_until(lambda: list(job.glob("resume/step_*")), launcher)
    launcher.kill()
    launcher.communicate()
    launcher = start(grid)

    def goes_on():
        record = json.loads((job / "run.json").read_text())
        return record["status"] == "running" and record["resumed"] and record["pid"]

    wait_until(goes_on, launcher)
    os.kill(goes_on(), signal.SIGKILL)
    out, errors = launcher.communicate()
    assert (launcher.returncode, "2 of 2 jobs done" in out) == (0, True), errors
    assert "job 0/2: killed by SIGKILL; it begins again" in errors
    assert [len(json.loads((job / "run.json").read_text())["resumed"]), table(workdir)[0]["attempts"]] == [2, "3"]
    assert not list(job.parent.glob("0.attempt*"))
    alone = start([*(word for word in words if not word.startswith(("-m", "jobs=", "hydra."))), *learner, "seed=1",
                   "hydra.run.dir=alone"])  # fmt: skip
    assert alone.wait() == 0
    assert outcome(job) == outcome(workdir / "alone")


def test_two_launchers_share_the_jobs_of_one_sweep(workdir, words):
    words = [*words, "seed=0,1,2,4,5,6,7,8"]
    both = [start(words), start(words)]
    told = [child.communicate() for child in both]
    assert [child.returncode for child in both] == [0, 0], told
    assert all("8 of 8 jobs done" in out for out, _ in told)
    assert statuses(workdir / "grid") == {"complete": 8}
    assert beginnings(workdir) == Counter(words[-1].removeprefix("seed=").split(","))
    announced = Counter(line.partition(":")[0] for _, errors in told for line in errors.splitlines() if " env=" in line)
    assert announced == Counter(f"job {number}/8" for number in range(8))
