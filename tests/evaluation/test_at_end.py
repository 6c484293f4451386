"""What follows a training: its agent beside random and the default algorithm, on networks of their own."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.config.schema import EndEvaluation
from netgym_cli.evaluation import at_end, contest
from netgym_cli.evaluation.contest import Contest, Evaluation
from netgym_cli.evaluation.rollout import measure
from netgym_cli.experiment.end_evaluation import at_the_end
from netgym_cli.experiment.task import Task
from netgym_cli.runs.folder import RunFolder
from netgym_cli.simulators.builtin.ns3 import Ns3Simulator
from tests.conftest import REPO
from tests.support.engine import run_config

TOY = ["--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy", "agent=ppo", "hydra.run.dir=run"]
SHORT = ["agent.n_envs=1", "agent.n_steps=8", "agent.batch_size=4", "sessions=2", "evaluate_at_end.most_share=100"]

pytestmark = pytest.mark.usefixtures("workdir")


def train(*words):
    return CliRunner().invoke(app, ["train", *TOY, *SHORT, *words])


def played_here(lines, *_):
    """What a pool of worker processes returns, which load PyTorch each."""
    return [measure(Task.from_line(line)) for line in lines]


def record(workdir):
    return json.loads((workdir / "run" / "run.json").read_text())


@pytest.mark.parametrize(
    ("wanted", "trained", "found"),
    [
        ({}, 12_000, (10, 2)),  # 3 agents, 10 steps each: a round has 30 steps, and 20 rounds are asked for
        ({}, 2_400, (10, 2)),
        ({}, 2_399, (10, 1)),
        ({}, 600, (5, 1)),
        ({}, 100, (0, 1)),
        ({"episodes": 5}, 4_000, (10, 3)),
        ({"networks": 3, "episodes": 4, "most_share": 1.0}, 300, (3, 3)),
    ],
)
def test_it_takes_no_more_than_its_share_of_the_training(wanted, trained, found):
    asked = EndEvaluation(**wanted)
    networks, episodes = at_end.affordable(asked, trained, 30)
    assert (networks, episodes) == found and networks * episodes * 30 <= asked.most_share * trained


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [([1, 2, 3, 1], "better"), ([-1, 1, -2, 2], "not better"), ([-1, -2, -3, -1], "worse"), ([0, 0, 0], "not better")],
)
def test_the_verdict_is_that_of_the_paired_interval(differences, verdict):
    theirs = np.arange(len(differences)) * 100.0  # networks differ by far more than the agents do
    values = {"ppo": {"return": np.array([theirs + differences])}, "random": {"return": np.array([theirs])}}
    found = Evaluation("toy", tuple(range(len(differences))), 1, "random", values)
    assert at_end.standing(found, "ppo", "random")["verdict"] == verdict


def test_a_training_on_a_twin_is_evaluated_on_what_it_stands_for(workdir, monkeypatch):
    monkeypatch.setattr(Ns3Simulator, "twin_of", "gymnasium")
    monkeypatch.setattr(contest, "run_all", played_here)
    done = train("evaluate_at_end=3", "evaluate_at_end.episodes=1")
    assert done.exit_code == 0, done.stderr
    told = record(workdir)
    found = told["evaluation"]
    assert told["status"] == found["status"] == "complete" and found["simulator"] == "gymnasium"
    assert found["seeds"] == [4_000_000, 4_000_001, 4_000_002] and not set(found["seeds"]) & set(told["seeds"])
    assert set(found["returns"]) == {"ppo", "random", "system_default"} and set(found["minus"]) == set(
        found["returns"]
    ) - {"ppo"}
    assert found["predicted"]["simulator"] == "ns3" and found["predicted"]["returns"] == found["returns"]
    line = done.stdout.splitlines()[-1]
    assert line == found["told"] and line.startswith("on 3 new networks (toy, gymnasium), ppo returns ")
    for rival, stands in found["minus"].items():
        assert (
            f"{stands['verdict']} than {rival} ({stands['mean']:+.3g} [{stands['low']:.3g}, {stands['high']:.3g}])"
            in line
        )
    assert "; ns3 predicted " in line and "tenth" not in done.stdout
    assert {path.name for path in (workdir / "run" / "evaluation").iterdir()} >= {"summary.csv", "evaluation.json"}
    assert RunFolder(workdir / "run").doubt() is None  # the record was signed again


def test_one_that_fails_leaves_the_training_complete_and_exits_3(workdir):
    done = train(
        "env.fail_at_step=9", "evaluate_at_end=3", "evaluate_at_end.episodes=3", "evaluate_at_end.most_share=100"
    )
    assert done.exit_code == 3
    assert re.search(r"evaluation failed: agent \w+, seed 400000\d: toy simulator failed at step 9", done.stderr)
    assert "the training is complete; evaluate it by: netgym evaluate " in done.stderr
    told = record(workdir)
    assert told["status"] == "complete" and told["evaluation"]["status"] == "failed"
    assert "failed at step 9" in told["evaluation"]["error"]["message"]
    assert (workdir / "run" / "model.zip").is_file() and not (workdir / "run" / "evaluation").exists()
    assert RunFolder(workdir / "run").doubt() is None


def test_ctrl_c_in_it_leaves_the_training_complete(workdir, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Contest, "play", interrupted)
    done = train()
    assert done.exit_code == 130 and "the training is complete; evaluate it by: netgym evaluate " in done.stderr
    told = record(workdir)
    assert (told["status"], told["error"], told["evaluation"]) == ("complete", None, {"status": "interrupted"})


@pytest.mark.parametrize("off", ["evaluate_at_end=0", "evaluate_at_end=null", "evaluate_at_end.networks=0"])
def test_it_can_be_turned_off(off, workdir):
    done = train(off)
    assert done.exit_code == 0 and record(workdir)["evaluation"] is None
    assert done.stdout.splitlines()[-1].startswith("next: ")


def test_one_that_would_take_too_long_is_left_out_and_says_so(workdir):
    done = train("evaluate_at_end.most_share=0.25")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == (
        "note: not evaluated at the end: on 3 networks, 3 agents would take 36 steps, more than "
        "evaluate_at_end.most_share=0.25 of the training's 16"
    )
    assert record(workdir)["evaluation"]["status"] == "skipped"


def test_an_agent_that_learns_nothing_is_not_evaluated(workdir, caplog):
    done = CliRunner().invoke(app, ["train", *TOY, "agent=random", "evaluate_at_end=5"])
    assert done.exit_code == 0 and record(workdir)["evaluation"] is None
    assert "note: evaluate_at_end.networks has no effect: agent random learns nothing" in caplog.messages


def test_the_simulator_of_the_end_can_be_chosen():
    config = run_config("ppo")
    config.evaluate_at_end = EndEvaluation()
    assert at_the_end(config).simulator == config.simulator
    config.evaluate_at_end = EndEvaluation(simulator="gymnasium")
    chosen = at_the_end(config).simulator
    assert (chosen.name, chosen.step_timeout_s) == ("gymnasium", config.simulator.step_timeout_s)
