"""What a trial of a search is worth: measured once, on its own networks, and noted in the record of its run."""

import json

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.config.compose import Composer
from netgym_cli.evaluation.of_trial import measure_trial
from netgym_cli.experiment.config import config_of, run_of, seeds_of
from netgym_cli.experiment.objectives import measuring_seeds, metric_names
from netgym_cli.jobs.search.trial import TrialFile
from netgym_cli.runs.folder import RunFolder
from tests.conftest import REPO

TOY = ["--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy", "hydra.run.dir=run", "evaluate_at_end=0"]
SHORT = ["agent.n_envs=1", "agent.n_steps=8", "agent.batch_size=4", "sessions=1"]
SEEDS = (6_000_000, 6_000_001)


@pytest.fixture
def trained(workdir):
    """A run of a learner; its record."""
    done = CliRunner().invoke(app, ["train", *TOY, "agent=ppo", *SHORT])
    assert done.exit_code == 0, done.output
    return workdir / "run"


def record(folder):
    return json.loads((folder / "run.json").read_text())


def test_a_run_of_no_search_stays_as_it_is(trained):
    before = (trained / "run.json").read_bytes()
    measure_trial(trained)
    assert (trained / "run.json").read_bytes() == before


def test_a_trial_is_measured_once_and_its_networks_count_as_met(trained):
    TrialFile("rate_mbps", SEEDS, 2).write(trained)
    measure_trial(trained)
    found = record(trained)["objective"]
    assert (found["name"], found["seeds"], found["episodes"]) == ("rate_mbps", list(SEEDS), 2)
    assert found["value"] == found["metrics"]["rate_mbps"] == pytest.approx(found["metrics"]["reward"])
    assert set(SEEDS) < seeds_of(trained, config_of(trained)) and RunFolder(trained).doubt() is None
    before = (trained / "run.json").read_bytes()
    measure_trial(trained)
    assert (trained / "run.json").read_bytes() == before


def test_what_cannot_be_measured_is_noted_and_raises_nothing(trained):
    TrialFile("nothing", SEEDS, 1).write(trained)
    measure_trial(trained)
    assert record(trained)["objective"]["error"] == "its nothing is None, which is no number to compare"
    (trained / "model.zip").unlink()
    (trained / "run.json").write_text(json.dumps(record(trained) | {"objective": None}))
    measure_trial(trained)
    assert record(trained)["objective"]["error"].startswith("it could not be measured: ")


def test_the_metrics_of_an_environment_are_those_that_a_step_shows():
    config = run_of(Composer(["env=rmcat", "simulator=fluid", "agent=random"]))
    names = metric_names(config, 1)
    assert names[:2] == ["return", "reward"] and "queueing_delay_ms" in names
    assert measuring_seeds(config, 3) == (6_000_000, 6_000_001, 6_000_002)
