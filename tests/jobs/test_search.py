"""Searches from the command line: what they leave, how they go on, and what is refused."""

import csv
import json

import pytest
import yaml
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.locks import Lock
from netgym_cli.jobs.search.search import LOCK
from tests.conftest import REPO

TOY = ["--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy", "sessions=1", "agent=constant"]
SEARCH = ["sweep", *TOY, "agent.action=choice([0.1,0.1,0.1],[0.9,0.9,0.9])", "trials=2", "seeds=2", "jobs=1"]

OPEN = ["sweep", *TOY, "env.steps_per_episode=4,5", "trials=3"]

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def rows(file):
    with file.open() as text:
        return list(csv.DictReader(text))


@pytest.fixture(autouse=True)
def optuna():
    return pytest.importorskip("optuna")


@pytest.mark.long  # two trials, a process each
def test_a_search_ends_with_the_best_agent_as_a_file_and_goes_on_where_it_was(workdir):
    done = netgym(*SEARCH, "objective=rate_mbps", "hydra.sweep.dir=found")
    assert done.exit_code == 0, done.output
    assert "2 of 2 jobs done" in done.stdout
    found = workdir / "found"
    trials, jobs = rows(found / "trials.csv"), rows(found / "jobs.csv")
    assert [row["state"] for row in trials] == ["complete"] * 2 == [row["status"] for row in jobs]
    records = [json.loads((found / str(number) / "run.json").read_text()) for number in range(2)]
    assert [record["objective"]["value"] for record in records] == [float(row["value"]) for row in trials]
    assert all(record["selected_on"] == [6_000_000, 6_000_001] and record["seeds"] == [1] for record in records)
    best = yaml.safe_load((found / "conf" / "agent" / "best_agent.yaml").read_text())
    (command,) = [line for line in done.stdout.splitlines() if line.startswith("next: netgym train") and "best" in line]
    assert "--config-dir found/conf env=toy sessions=1 agent=best_agent" in command
    taken = netgym("train", *TOY[:4], "--config-dir", "found/conf", "agent=best_agent", "--cfg", "job")
    assert yaml.safe_load(taken.stdout)["agent"] == best
    top = max(trials, key=lambda row: float(row["value"]))
    assert str(best["action"]).replace(" ", "") == top["agent.action"]
    (found / "conf" / "agent" / "best_agent.yaml").unlink()
    again = netgym("sweep", "--resume", "found")
    assert (again.exit_code, rows(found / "trials.csv")) == (0, trials)
    assert (found / "conf" / "agent" / "best_agent.yaml").is_file()
    for words, told in [
        ((*SEARCH[:-3], "trials=4", "hydra.sweep.dir=found"), "trials was 2, is 4"),
        ((*SEARCH, "env.steps_per_episode=5", "hydra.sweep.dir=found"), "env.steps_per_episode=5 is new"),
        (("sweep", *TOY, "seed=1,2", "hydra.sweep.dir=found"), "holds a search, and this is a grid"),
        (("sweep", "--resume", "found", "trials=4"), "leave out what it says"),
        (("sweep", "--resume", "found", "--retry-failed"), "--retry-failed is of grids"),
    ]:
        refused = netgym(*words)
        assert (refused.exit_code, told in refused.stderr) == (2, True), refused.output
    with Lock(found / ".locks" / LOCK):
        refused = netgym("sweep", "--resume", "found")
    assert (refused.exit_code, "another process searches in" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["objective=rate_mbit"], "Did you mean 'rate_mbps'? Allowed: return, reward, rate_mbps"),
        (["env.num_users=interval(1,3)"], "allowed: a whole number"),
        (["env.steps_per_episode=interval(0,3,int)"], "allowed: 1 or more"),
        (["seed=1,2"], "seed cannot be searched"),
        (["hydra.sweeper.max_batch_size=1", "hydra/launcher=joblib"], "hydra/launcher"),
        (["launcher=ray", "launcher.address=http://127.0.0.1:9"], "does not answer"),
    ],
)
def test_what_cannot_be_searched_leaves_no_folder(workdir, words, told):
    refused = netgym(*OPEN, *words, "hydra.sweep.dir=found")
    assert (refused.exit_code, told in refused.stderr) == (2, True), refused.output
    assert not (workdir / "found").exists()


def test_an_interval_in_a_grid_is_told_what_it_needs(workdir):
    refused = netgym("sweep", *TOY, "env.num_users=interval(1,3)", "hydra.sweep.dir=found")
    assert (refused.exit_code, "trials=N makes it a search" in refused.stderr) == (2, True)
    assert not (workdir / "found").exists()
