"""`record=true`: what agents saw and did stands in a table, row by row beside `steps.parquet`, whatever simulates."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.experiment.resume import resume
from netgym_cli.runs.comparison import compare
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.recorded_table import RecordedColumns, RecordedSteps, require_recordable
from tests.experiment.test_loaded_agent import trained
from tests.support.engine import run_config
from tests.support.interrupted import checkpoints_at, killed_at

PLACES = ["session", "env", "episode", "step", "total_step"]


def recording(agent="random", **keys):
    env = {"name": keys.pop("adapter", "tests.support.toy:ToyAdapter")}
    config = run_config(agent, sessions=[{}] * 2, env=env, **keys)
    config.record = True
    return config


def tables(run):
    return [pd.read_parquet(run / "metrics" / name) for name in ("steps.parquet", "recorded.parquet")]


def test_a_row_holds_what_the_agent_saw_and_did_and_the_last_one_what_it_saw_then(tmp_path):
    run = trained(recording(), tmp_path / "run")
    steps, recorded = tables(run)
    assert recorded[PLACES].equals(steps[PLACES])
    stats = pd.read_parquet(run / "metrics" / "stats.parquet").groupby(["session", "episode", "step"])["value"]
    after = {place: values.to_numpy(np.float32) for place, values in stats}
    for row, previous in zip(recorded.itertuples(), [None, *recorded.itertuples()], strict=False):
        assert len(row.observation) == 3 and len(row.action) == 3 and 0 <= min(row.action) <= max(row.action) <= 1
        if row.step > 0:
            assert np.array_equal(row.observation, after[row.session, row.episode, row.step - 1])
        elif row.episode > 0:
            assert np.array_equal(row.observation, previous.last_observation)
        last = row.last_observation
        assert (last is None) == (row.step < 3)
        assert last is None or np.array_equal(last, after[row.session, row.episode, row.step])
    metadata = pq.read_schema(run / "metrics" / "recorded.parquet").metadata
    assert json.loads(metadata[b"netgym.shape.observation"]) == [1, 3]
    assert "metrics/recorded.parquet" in json.loads((run / "run.json").read_text())["files"]


def test_by_default_nothing_is_recorded(tmp_path):
    run = trained(run_config(), tmp_path / "run")
    assert not (run / "metrics" / "recorded.parquet").exists()


@pytest.mark.parametrize("agent", ["cleanrl_ppo", pytest.param("sac", marks=pytest.mark.long)])
def test_many_networks_in_one_call_leave_the_rows_of_simulators_side_by_side(agent, tmp_path):
    keys = {"n_envs": 3} | ({"n_steps": 2} if agent == "cleanrl_ppo" else {"learning_starts": 6})
    names = ("ManyToys", "LoopedToys")
    runs = [
        trained(recording(agent, adapter=f"tests.support.many_toys:{name}", **keys), tmp_path / name) for name in names
    ]
    both = [tables(run)[1] for run in runs]
    assert len(both[0]) == 48 and both[0][PLACES].equals(both[1][PLACES])
    for column in ("observation", "action", "last_observation"):
        pairs = zip(both[0][column], both[1][column], strict=True)
        assert all(np.array_equal(one, other) if one is not None else other is None for one, other in pairs)


def test_the_default_algorithm_s_actions_are_null(tmp_path):
    _, recorded = tables(trained(recording("system_default"), tmp_path / "run"))
    assert len(recorded) == 16 and recorded["action"].isna().all()


@pytest.mark.parametrize(
    ("agent", "keys"),
    [("cleanrl_ppo", {"n_envs": 3, "n_steps": 2}), pytest.param("td3", {}, marks=pytest.mark.long)],
)
def test_killed_and_resumed_it_is_as_if_uninterrupted(agent, keys, tmp_path):
    config = recording(agent, **keys)
    whole = trained(config, tmp_path / "whole")
    with checkpoints_at(), killed_at(14 if "n_envs" not in keys else 30, tmp_path / "run", tmp_path / "left"):
        trained(config, tmp_path / "run")
    resume(tmp_path / "left")
    found = compare(RunFolder(whole), RunFolder(tmp_path / "left"))
    assert found.differences == () and found.rows["recorded.parquet"] == 16 * keys.get("n_envs", 1)
    (went_on,) = json.loads((tmp_path / "left" / "run.json").read_text())["resumed"]
    assert went_on["from_step"] > 0


def test_spaces_of_spaces_have_a_column_for_each_part():
    observations = spaces.Dict({"picture": spaces.Box(0, 255, (2, 2), np.uint8), "mode": spaces.Discrete(4)})
    actions = spaces.Tuple((spaces.Discrete(3), spaces.Box(-1, 1, (2,), np.float32)))
    require_recordable(observations, actions)
    columns, picture = RecordedColumns(observations, actions), np.arange(4, dtype=np.uint8).reshape(2, 2)
    seen = columns.observed({"picture": picture, "mode": 3}, slots=False)
    done = (2, np.array([0.1, -1.0]))
    items = []
    for step, action in enumerate((done, None)):
        given, parts = columns.acted([action])
        items.append(RecordedSteps(0, 0, 0, step, step, seen, given, parts, seen if step else None))
    first, second = columns.encode(items).to_pylist()
    assert first["observation.picture"] == [0, 1, 2, 3] and first["observation.mode"] == [3]
    assert first["action.0"] == [2] and first["last_observation.mode"] is None
    number, vector = columns.action(first)
    assert number == 2 and vector.tolist() == [0.1, -1.0] and vector.dtype == np.float64  # as exactly as it was given
    assert columns.action(second) is None and second["last_observation.picture"] == [0, 1, 2, 3]


def test_what_is_no_number_is_refused_before_the_run():
    with pytest.raises(ConfigError, match=r"observation.name is a Text.*Leave out record=true"):
        require_recordable(spaces.Dict({"name": spaces.Text(3)}), spaces.Discrete(2))
