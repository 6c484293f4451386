"""Trackers get a run's figures, and no run fails because one of them does."""

import importlib.util
import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import SimulatorDied
from netgym_cli.config.schema import TRACKERS
from netgym_cli.runs.comparison import compare
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.trackers.base import Tracker, tracker_registry
from tests.conftest import REPO
from tests.experiment.test_loaded_agent import trained
from tests.support.engine import run_config

CONF = ["--config-dir", str(REPO / "tests" / "support" / "conf")]


def netgym(*words):
    return CliRunner().invoke(app, words)


class Kept(Tracker):
    """Keeps in memory what it is told."""

    module = "json"
    told: list

    def begin(self, name, config):
        type(self).told = [("begin", name, dict(config))]

    def log(self, figures, step):
        self.told.append(("log", dict(figures), step))

    def end(self, status, outcome):
        self.told.append(("end", status, dict(outcome)))


def failing(method):
    def fail(self, *_):
        raise RuntimeError("the network is down\nreally")

    return type("Failing", (Kept,), {method: fail})


@pytest.fixture
def tracked(monkeypatch):
    """A config of a run that is followed by a tracker of this class."""

    def config_of(kind, agent="random", **keys):
        monkeypatch.setattr(tracker_registry, "load", lambda name: kind)
        config = run_config(agent, sessions=[{}] * 2, **keys)
        config.tracker = "wandb"
        return config

    return config_of


def test_every_tracker_of_the_config_is_a_member():
    assert set(TRACKERS) == {"none", *tracker_registry.names()}
    extras = re.findall(r"^(\w+) = \[", (REPO / "pyproject.toml").read_text(), re.MULTILINE)
    assert set(tracker_registry.names()) <= set(extras)


def test_config_episodes_and_outcome_are_sent(tracked, tmp_path):
    run = trained(tracked(Kept), tmp_path / "run")
    (_, name, config), *episodes, (_, status, outcome) = Kept.told
    assert name == f"{tmp_path.name}/run" and config["env.num_users"] == 3 and config["seed"] == 1
    assert config["command"] == ["netgym"] and "versions.torch" in config and config["folder"] == str(run)
    table = pd.read_csv(run / "metrics" / "episodes.csv")
    assert [step for *_, step in episodes] == [4, 8, 12, 16]
    for (_, figures, _), row in zip(episodes, table.to_dict("records"), strict=True):
        assert figures == pytest.approx({key: row[key] for key in ("return", "length", "rate_mbps")})
    record = json.loads((run / "run.json").read_text())
    assert status == "complete" and outcome["steps"] == 16 and outcome["last_return"] == record["last_return"]
    assert outcome["sha256/metrics/steps.parquet"] == record["files"]["metrics/steps.parquet"]


def test_many_networks_in_one_call_are_sent_as_their_mean(tracked, tmp_path):
    keys = {"env": {"name": "tests.support.many_toys:ManyToys"}, "n_envs": 3, "n_steps": 2}
    run = trained(tracked(Kept, "cleanrl_ppo", **keys), tmp_path / "run")
    episodes = Kept.told[1:-1]
    table = pd.read_csv(run / "metrics" / "episodes.csv").groupby(["session", "episode"])["return"].mean()
    assert [step for *_, step in episodes] == [12, 24, 36, 48]
    assert [figures["return"] for _, figures, _ in episodes] == pytest.approx(table.tolist())


def test_a_run_that_fails_is_sent_as_failed(tracked, tmp_path):
    with pytest.raises(SimulatorDied):
        trained(tracked(Kept, env={"fail_at_step": 3}), tmp_path / "run")
    assert Kept.told[-1][1] == "failed"


@pytest.mark.parametrize("method", ["begin", "log", "end"])
def test_a_tracker_that_fails_is_told_once_and_the_run_is_what_it_is_without(method, tracked, tmp_path, caplog):
    run = trained(tracked(failing(method)), tmp_path / "run")
    warnings = [record.getMessage() for record in caplog.records if "tracker" in record.getMessage()]
    (warning,) = warnings
    assert warning == "tracker wandb has failed (RuntimeError: the network is down); the run goes on without it"
    alone = trained(run_config("random", sessions=[{}] * 2), tmp_path / "alone")
    assert compare(RunFolder(run), RunFolder(alone)).differences == ()


def test_one_that_is_not_installed_is_told_before_the_run(workdir, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "mlflow" else find(name, *rest)
    )
    done = netgym("train", *CONF, "env=toy", "agent=random", "sessions=1", "tracker=mlflow", "hydra.run.dir=run")
    assert done.exit_code == 2 and "pip install 'netgym[mlflow]'" in done.stderr and not (workdir / "run").exists()
    done = netgym("train", *CONF, "env=toy", "agent=random", "tracker=nothing")
    assert done.exit_code == 2 and "tracker is 'nothing'; allowed: none, trackio, wandb" in done.stderr


@pytest.mark.long
def test_mlflow_has_the_run(workdir, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="netgym[mlflow] is not installed")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (workdir / "store").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((workdir / "store").as_uri())
    words = ["env=toy", "agent=random", "sessions=2", "tracker=mlflow", "hydra.run.dir=run", "evaluate_at_end=0"]
    done = netgym("train", *CONF, *words)
    assert done.exit_code == 0 and "has failed" not in done.stderr, done.stderr
    (found,) = mlflow.search_runs(experiment_names=["netgym"], output_format="list")
    record = json.loads((workdir / "run" / "run.json").read_text())
    history = mlflow.MlflowClient().get_metric_history(found.info.run_id, "return")
    returns = pd.read_csv(workdir / "run" / "metrics" / "episodes.csv")["return"].tolist()
    assert sorted((point.step, point.value) for point in history) == list(zip((4, 8, 12, 16), returns, strict=True))
    assert found.info.status == "FINISHED" and found.data.params["env.num_users"] == "3"
    assert found.data.tags["sha256/metrics/steps.parquet"] == (record["files"]["metrics/steps.parquet"])
    assert netgym("verify", "run").exit_code == 0


@pytest.mark.long
def test_wandb_takes_the_run_offline(workdir, monkeypatch):
    pytest.importorskip("wandb", reason="netgym[wandb] is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    words = ["env=toy", "agent=random", "sessions=2", "tracker=wandb", "hydra.run.dir=run", "evaluate_at_end=0"]
    done = netgym("train", *CONF, *words)
    assert done.exit_code == 0 and "has failed" not in done.stderr, done.stderr
    (kept,) = workdir.glob("wandb/offline-run-*/run-*.wandb")
    content = kept.read_bytes()
    assert b"rate_mbps" in content and b"env.num_users" in content and b"sha256/metrics/steps.parquet" in content
    assert netgym("verify", "run").exit_code == 0
