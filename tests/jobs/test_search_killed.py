"""Searches whose launcher is killed: they end as those that were not, trial by trial."""

import csv
import json
import subprocess
import sys
import time
from collections import Counter

import pytest

pytest.importorskip("optuna")
pytestmark = pytest.mark.long

WORDS = ["env=rmcat", "simulator=fluid", "agent=delay_aimd", "sessions=1", "env.episodes_per_session=8"]
SPACE = ["agent.decrease_factor=interval(0.3,0.95)", "agent.increase_kbps=interval(1,200,log)"]
ASKED = ["trials=30", "objective=reward", "pruner=median", "seeds=2", "jobs=1"]
KILLED_AFTER = (3, 11)  # trials that have ended


def start(folder):
    command = [sys.executable, "-m", "netgym_cli", "sweep", *WORDS, "env.steps_per_episode=50", *SPACE, *ASKED]
    return subprocess.Popen(
        [*command, f"hydra.sweep.dir={folder}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def trials(folder):
    with (folder / "trials.csv").open() as file:
        return list(csv.DictReader(file))


def statuses(folder):
    """Number of trials, without what was set aside, by the word of their record."""
    return Counter(record["status"] for record in records(folder).values())


def records(folder):
    paths = [path for path in folder.glob("*/run.json") if path.parent.name.isdecimal()]
    return {path.parent.name: json.loads(path.read_text()) for path in paths}


def kill_after(launcher, folder, enough):
    """Kills it while a trial is under way, after so many have ended."""
    while True:
        assert launcher.poll() is None, launcher.communicate()
        there = statuses(folder)
        if there["complete"] + there["pruned"] >= enough and there["running"]:
            break
        time.sleep(0.02)
    launcher.kill()
    launcher.communicate()


def test_thirty_trials_whose_launcher_is_killed_twice_are_those_of_a_search_that_was_not(workdir):
    killed, whole = workdir / "killed", workdir / "whole"
    for enough in KILLED_AFTER:
        kill_after(start("killed"), killed, enough)
    for folder in (killed, whole):
        launcher = start(folder.name)
        out, errors = launcher.communicate()
        assert launcher.returncode == 0, errors
        assert "30 of 30 jobs done" in out
    found = trials(killed)
    assert [row["number"] for row in found] == [str(number) for number in range(30)]
    assert Counter(row["state"] for row in found) == statuses(killed)
    assert statuses(killed).keys() <= {"complete", "pruned"} and statuses(killed)["pruned"]
    assert found == trials(whole)
    complete = {number: record for number, record in records(killed).items() if record["status"] == "complete"}
    measured = {number: record["objective"]["value"] for number, record in complete.items()}
    best = max(measured, key=measured.get)
    assert (
        max((row for row in found if row["state"] == "complete"), key=lambda row: float(row["value"]))["number"] == best
    )
    about = (killed / "conf" / "agent" / "best_agent.yaml").read_text().splitlines()[0]
    assert f"of trial {best}:" in about
