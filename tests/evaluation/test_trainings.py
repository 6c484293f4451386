"""Several trainings of one agent, and whom agents are compared with."""

import json

import numpy as np
import pytest

from netgym_cli.evaluation import contest, report
from tests.evaluation.test_evaluate import CONF, SMALL_PPO, TOY, netgym

pytestmark = pytest.mark.usefixtures("workdir")


def test_runs_that_differ_in_their_seed_are_trainings_of_one_agent(workdir):
    for seed, name in ((1, "trained"), (2, "other")):
        assert netgym("train", *TOY, *SMALL_PPO, f"seed={seed}", f"hydra.run.dir={name}").exit_code == 0
    words = ["trained", "other", "agent=random", "episodes=1", "seeds=3"]
    done = netgym("evaluate", *CONF, *words, "--json", "-o", "both", "--baseline", "random")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert {row["agent"]: row["trainings"] for row in told["summary"]} == {
        "ppo": 2,
        "random": 1,
    }
    by_training = [[row["return"] for row in told["by_seed"] if row["training"] == k] for k in (0, 1)]
    assert len(by_training[0]) == 6 and len(by_training[1]) == 3  # the agent's and random's
    (mean,) = [row for row in told["summary"] if (row["agent"], row["metric"]) == ("ppo", "return")]
    assert mean["mean"] == pytest.approx(sum(by_training[0][:3] + by_training[1]) / 6)
    assert json.loads((workdir / "both" / "evaluation.json").read_text())["agents"]["ppo"] == ["trained", "other"]
    first = json.loads(netgym("evaluate", *CONF, "trained", "episodes=1", "seeds=3", "--json").stdout)
    assert [row["return"] for row in first["by_seed"]] == by_training[0][:3] != by_training[1]


def test_agents_are_compared_with_the_default_algorithm_unless_told_otherwise():
    done = netgym("evaluate", *TOY, "agent=random,system_default", "episodes=1", "seeds=2")
    assert done.exit_code == 0, done.stderr
    assert "minus system_default" in done.stdout and "P(more return)" in done.stdout


def test_the_number_of_trainings_is_told():
    of = {"return": np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]])}
    found = contest.Evaluation(
        "toy", (1, 2, 3), 1, "ppo", {"ppo": of, "random": {"return": np.array([[0.0, 0.0, 9.0]])}}
    )
    assert [row[0] for row in report.summary_table(found)[1]] == ["ppo (2 trainings)", "random"]
    assert found.values["ppo"]["return"].tolist() == [1.5, 2.5, 3.5]
    ((label, _, more),) = report.paired_table(found)[1]
    assert label == "random" and more.startswith("0.3333 [")
