"""A training from Python is that of the command line, and `--json` prints all of its summary."""

import json

import pytest

import netgym_cli
from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.folder import RunFolder
from tests.evaluation.test_evaluate import CONF, SMALL_PPO, TOY, netgym

pytestmark = pytest.mark.usefixtures("workdir")
ASKED = ["env=toy", *SMALL_PPO, "evaluate_at_end=3", "evaluate_at_end.episodes=1", "evaluate_at_end.most_share=100"]


def test_a_training_from_python_equals_the_command_line_s(workdir):
    summary = netgym_cli.train([*ASKED, "hydra.run.dir=python"], [CONF[1]])
    done = netgym("train", *CONF, *ASKED, "hydra.run.dir=shell", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["mean_return"] == summary.mean_return and told["steps"] == summary.steps
    assert told["outcome"]["returns"] == summary.outcome["returns"]
    assert summary.outcome == RunFolder(workdir / "python").record()["evaluation"]
    assert summary.outcome["status"] == "complete" and set(summary.outcome["minus"]) == {"random", "system_default"}


def test_a_mistake_is_an_error_and_makes_no_folder(workdir):
    with pytest.raises(ConfigError, match="Did you mean"):
        netgym_cli.train(["env=toy", "env.num_user=3"], [CONF[1]])
    assert list(workdir.iterdir()) == []


def test_json_is_of_one_run(workdir):
    done = netgym("train", *TOY, "agent=random", "seed=1,2", "-m", "--json")
    assert done.exit_code == 2 and "--json is of a single run" in done.stderr
