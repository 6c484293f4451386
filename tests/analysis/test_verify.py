"""`netgym verify`: what was changed, removed or added in a run's folder is told, whatever end the run had."""

import json

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from tests.conftest import REPO

CONF = ["--config-dir", str(REPO / "tests" / "support" / "conf")]
PPO = [*CONF, "env=toy", "agent=ppo", "agent.n_envs=1", "agent.n_steps=8", "agent.batch_size=4", "sessions=1"]

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


@pytest.fixture
def run(workdir):
    done = netgym("train", *PPO, "evaluate_at_end=3", "evaluate_at_end.most_share=100", "hydra.run.dir=run")
    assert done.exit_code == 0, done.stderr
    return workdir / "run"


def test_an_untouched_run_is_whole(run):
    noted = json.loads((run / "run.json").read_text())["files"]
    assert {"metrics/steps.parquet", "metrics/episodes.csv", "model.zip", ".hydra/config.yaml"} <= noted.keys()
    assert "evaluation/summary.csv" in noted
    done = netgym("verify", "run")
    assert done.exit_code == 0 and done.stdout == f"run: {len(noted)} files as the run wrote them\n"


def test_what_was_touched_is_told(run):
    table = run / "metrics" / "episodes.csv"
    table.write_text(table.read_text().replace("1", "2"))
    (run / "model.zip").unlink()
    (run / "notes.txt").write_text("mine")
    done = netgym("verify", "run")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "run: metrics/episodes.csv was changed",
        "run: model.zip is missing",
        "run: notes.txt was added (the run did not write it)",
    ]
    (told,) = json.loads(netgym("verify", "run", "--json").stdout)
    assert not told["whole"] and {"file": "model.zip", "how": "missing"} in told["changes"]


def test_a_record_that_was_changed_is_doubted(run):
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"steps": 1}))
    done = netgym("verify", "run")
    assert done.exit_code == 0 and "its record may not be the run's own: its run.json is not the one" in done.stdout


def test_a_run_that_failed_is_whole_with_its_trace(workdir):
    assert netgym("train", *PPO, "env.fail_at_step=3", "hydra.run.dir=failed").exit_code == 1
    assert "error.txt" in json.loads((workdir / "failed" / "run.json").read_text())["files"]
    assert netgym("verify", "failed").exit_code == 0


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "holds no run"),
        ({"status": "running"}, "has not ended, or was killed"),
        ({"status": "complete"}, "notes no files"),
    ],
)
def test_what_cannot_be_verified_is_refused(workdir, record, message):
    (workdir / "some").mkdir()
    if record is not None:
        (workdir / "some" / "run.json").write_text(json.dumps(record))
    done = netgym("verify", "some")
    assert done.exit_code == 2 and message in done.stderr and len(done.stderr.splitlines()) == 1
