"""Evaluations on the way through a training, and the model that was best in them."""

import json
import zipfile

import pandas as pd
import pytest

from netgym_cli import load_agent
from netgym_cli.experiment import run
from netgym_cli.experiment.periodic import PeriodicEvaluation
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.saved_model import SavedModel
from tests.experiment.test_loaded_agent import trained
from tests.support.engine import run_config

COMMAND = ["netgym", "train"]
EVERY_6 = {"evaluate_every_steps": 6, "evaluation_episodes": 2}


def parameters(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read("policy.pth")


@pytest.mark.parametrize("agent", ["ppo", "sac"])
def test_they_change_nothing_of_the_training_and_keep_the_best_model(agent, tmp_path):
    alone, measured = tmp_path / "alone", tmp_path / "measured"
    run.train(run_config(agent, sessions=2), alone, COMMAND)
    trained(run_config(agent, sessions=2, **EVERY_6), measured)
    assert parameters(alone / "model.zip") == parameters(measured / "model.zip")
    steps = [pd.read_parquet(folder / "metrics" / "steps.parquet") for folder in (alone, measured)]
    pd.testing.assert_frame_equal(*(frame.drop(columns="wall_ms") for frame in steps))
    table = pd.read_csv(RunFolder(measured).evaluations_path)
    assert table["step"].tolist() == [6, 12, 16] and table["best"][0]
    assert table["best"].tolist() == (table["return"] > table["return"].cummax().shift(fill_value=-1e9)).tolist()
    best = RunFolder(measured).best_model
    assert best == measured / "models" / "best.zip" and SavedModel.at(best).label(agent) == f"{agent}@best"
    assert load_agent(best).name == agent and RunFolder.of_model(best).path == measured


def test_their_networks_are_apart_and_no_later_evaluation_may_use_them(tmp_path):
    config = run_config("ppo", seed=3_000_001, sessions=2, **EVERY_6)
    run.train(config, tmp_path, COMMAND)
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["selected_on"] == [3_000_000, 3_000_002]  # 3000001 is a seed of the training
    assert set(record["selected_on"]) <= RunFolder(tmp_path).seeds()


def test_all_of_them_have_the_same_networks(tmp_path):
    (tmp_path / "metrics").mkdir()
    evaluations = PeriodicEvaluation(run_config("ppo", **EVERY_6), RunFolder(tmp_path), [])
    half = [evaluations.measure(lambda observation: [0.5] * 3, steps) for steps in (6, 12)]
    more = evaluations.measure(lambda observation: [0.9] * 3, 18)
    evaluations.close()
    assert half[0] == (half[1][0], True) and not half[1][1] and more[1] and more[0] > half[0][0] + 10
