"""A run that is done once more equals the first one, or the first step that differs is named."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError, SimulatorDied
from netgym_cli.experiment.replay import replay
from netgym_cli.runs.folder import RunFolder
from netgym_cli.simulators.stats import Stats
from tests.experiment.test_loaded_agent import trained
from tests.experiment.test_resume import files
from tests.support.engine import run_config
from tests.support.toy import ToySimulator

PPO = {"n_envs": 3, "n_steps": 2, "evaluate_every_steps": 12, "evaluation_episodes": 2}


def netgym(*words):
    return CliRunner().invoke(app, words)


@pytest.fixture
def run(tmp_path):
    return trained(run_config("ppo", 1, [{}] * 2, **PPO), tmp_path / "run")


@pytest.mark.parametrize(
    "agent", ["random", *(pytest.param(name, marks=pytest.mark.long) for name in ("cleanrl_ppo", "sac", "td3", "a2c"))]
)
def test_a_run_done_once_more_is_equal(agent, tmp_path):
    again = replay(trained(run_config(agent, 2, [{}] * 2), tmp_path / "run"))
    assert again.equal and again.found.rows["steps.parquet"] == 16 and again.remarks == ()
    assert again.found.models == (0 if agent == "random" else 1)


def test_the_new_run_is_kept_where_one_asks_for_it(run, tmp_path):
    before = files(run)
    done = netgym("replay", str(run), "-o", str(tmp_path / "again"), "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["equal"] and told["models"] == 2 and told["rows"]["evaluations.csv"] > 0
    assert files(run) == before and RunFolder(tmp_path / "again").status() == "complete"
    assert netgym("replay", str(tmp_path / "again")).exit_code == 0
    taken = netgym("replay", str(run), "-o", str(tmp_path / "again"))
    assert taken.exit_code == 2 and "holds a run already" in taken.stderr


def test_the_first_step_that_differs_is_named(run, monkeypatch):
    step = ToySimulator.step

    def other(self, policy):
        stats = step(self, policy)
        later = stats.events >= 7 * 4  # the third step of a session and those behind it
        return Stats(stats.layout, stats.ts_ms, stats.values + later, stats.events)

    monkeypatch.setattr(ToySimulator, "step", other)
    done = netgym("replay", str(run))
    assert done.exit_code == 1
    first, *others = done.stdout.splitlines()
    assert first.startswith("different: metrics/steps.parquet: session 0, env 0, episode 0, step 2: reward was ")
    assert [line for line in others if line.startswith("different: metrics/stats.parquet: session 0, env 0, episode 0")]
    assert [line for line in others if line.startswith("different: model.zip: ")]


def test_a_table_or_model_that_was_changed_is_found(run):
    path = run / "metrics" / "steps.parquet"
    table = pq.read_table(path)
    rewards = table["reward"].to_numpy().copy()
    rewards[20] = np.nextafter(rewards[20], 99)
    pq.write_table(table.set_column(table.column_names.index("reward"), "reward", pa.array(rewards)), path)
    shutil.copy(run / "models" / "best.zip", run / "checkpoints.zip")  # of another name than any the run makes
    done = replay(run)
    row = table.slice(20, 1).to_pylist()[0]
    place = f"session {row['session']}, env {row['env']}, episode {row['episode']}, step {row['step']}"
    assert [(found.file, found.where) for found in done.found.differences] == [
        ("metrics/steps.parquet", place),
        ("checkpoints.zip", ""),
    ]


def test_what_may_make_it_differ_is_told(run):
    record = json.loads((run / "run.json").read_text())
    record["versions"]["netgym"], record["machine"]["cpu"] = "0.0.1", "another"
    (run / "run.json").write_text(json.dumps(record))
    done = netgym("replay", str(run), "--trust")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("note: the two need not be equal to the bit: netgym was 0.0.1")
    assert "cpu was another" in done.stdout and "equal to the bit: steps.parquet (48 rows)" in done.stdout


def test_what_cannot_be_done_again_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="there is no folder"):
        replay(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"holds no run \(run.json is missing\)"):
        replay(tmp_path / "empty")
    drawn = trained(run_config("random", env={"random_seed": None}), tmp_path / "drawn")
    with pytest.raises(ConfigError, match="were drawn afresh"):
        replay(drawn)
    with pytest.raises(SimulatorDied):
        trained(run_config("random", env={"fail_at_step": 3}), tmp_path / "failed")
    assert netgym("replay", str(tmp_path / "failed")).exit_code == 2
    with pytest.raises(ConfigError, match=r"is not complete \(failed\)"):
        replay(tmp_path / "failed")


def test_a_run_that_fails_now_leaves_nothing_and_exits_1(run, tmp_path, monkeypatch):
    monkeypatch.setattr(ToySimulator, "step", lambda *_: (_ for _ in ()).throw(OSError("no room")))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    done = netgym("replay", str(run))
    assert done.exit_code == 1 and "no room" in done.stderr and not list((tmp_path / "temporary").iterdir())


def test_a_run_of_somebody_else_needs_trust(run, another_user):
    another_user()
    done = netgym("replay", str(run))
    assert done.exit_code == 2 and "--trust" in done.stderr
    assert netgym("replay", str(run), "--trust").exit_code == 0
