"""A grid evaluated: every run in its own environment, beside the rules, in one table that `plot` draws."""

import csv
import json

import pytest

from tests.evaluation.test_evaluate import CONF, SMALL_PPO, TOY, netgym

pytestmark = pytest.mark.usefixtures("workdir")


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def grid(workdir):
    for number, (users, seed) in enumerate([(2, 1), (2, 2), (3, 1)]):
        folder = f"hydra.run.dir=grid/{number}"
        done = netgym("train", *TOY, *SMALL_PPO, f"env.num_users={users}", f"seed={seed}", folder)
        assert done.exit_code == 0, done.stderr
    return workdir / "grid"


def test_every_run_meets_the_rules_in_its_own_environment(grid, workdir):
    words = ["grid", "agent=random,system_default", "episodes=1", "seeds=2", "-o", "out"]
    done = netgym("evaluate", *CONF, *words)
    assert done.exit_code == 0, done.stderr
    table = rows(workdir / "out" / "seeds.csv")
    assert list(table[0])[:4] == ["env.num_users", "agent", "training", "seed"]
    played = {(row["env.num_users"], row["agent"], row["training"]) for row in table}
    assert played == {
        (users, agent, training)
        for users, trainings in (("2", "01"), ("3", "0"))
        for agent in ("ppo", "random", "system_default")
        for training in (trainings if agent == "ppo" else "0")
    }
    paired = rows(workdir / "out" / "paired.csv")
    assert {(row["env.num_users"], row["agent"], row["baseline"]) for row in paired} == {
        (users, agent, "system_default") for users in "23" for agent in ("ppo", "random")
    }
    assert "minus baseline" in done.stdout and "env.num_users" in done.stdout
    told = json.loads((workdir / "out" / "evaluation.json").read_text())
    assert told["keys"] == ["env.num_users"] and len(told["points"]) == len(told["agents"]) == 2

    drawn = netgym("plot", "out", "--x", "env.num_users", "--by", "agent", "-o", "figure.svg")
    assert drawn.exit_code == 0, drawn.stderr
    summary = {(row["env.num_users"], row["agent"]): row for row in rows(workdir / "out" / "summary.csv")
               if row["metric"] == "return"}  # fmt: skip
    for row in summary.values():
        assert f"{float(row['mean']):.4g}" in drawn.stdout
    assert "networks" in (workdir / "figure.svg").read_text()
    for shown in ([], ["--x", "env.num_users", "--by", "env.num_users"]):  # other environments, or agents, in one point
        pooled = netgym("plot", "out", *shown, "-o", "pooled.svg")
        assert pooled.exit_code == 2 and "one point would hold sessions that differ in" in pooled.stderr
        assert not (workdir / "pooled.svg").exists()


def test_runs_that_are_not_complete_are_left_out_and_named(grid, caplog):
    record = json.loads((grid / "2" / "run.json").read_text())
    (grid / "2" / "run.json").write_text(json.dumps(record | {"status": "failed"}))
    done = netgym("evaluate", *CONF, "grid", "episodes=1", "seeds=2", "-o", "out")
    assert done.exit_code == 0, done.stderr
    assert "left out, not complete: grid/2" in caplog.text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--x", "env.num_user"], "unknown key 'env.num_user'"),
        (["--y", "delay"], "--y is 'delay'; allowed: return, reward"),
    ],
)
def test_a_mistake_in_the_figure_of_an_evaluation_is_told(workdir, words, message):
    assert netgym("evaluate", *TOY, "agent=random", "episodes=1", "seeds=2", "-o", "out").exit_code == 0
    done = netgym("plot", "out", *words)
    assert done.exit_code == 2 and message in done.stderr and not (workdir / "plot.svg").exists()
    assert netgym("plot", "out").exit_code == 0 and (workdir / "plot.svg").exists()
