import json

import numpy as np
import pandas as pd
import pytest

from netgym_cli.common.errors import SessionError
from netgym_cli.common.provenance import git_state
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorder import Recorder
from netgym_cli.runs.stats_table import encode_stats
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.simulators.stats import Layout, Row
from tests.support.engine import run_config


@pytest.fixture
def recorded(tmp_path):
    """Everything the environment returned, and the tables of the same two sessions."""
    config = run_config(seed=2, sessions=[{}, {"episodes_per_session": 1}])
    recorder = Recorder(tmp_path)
    env = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config), [recorder])
    returned = []
    while not env.finished:
        env.reset()
        over = False
        while not over:
            _, reward, _, over, info = env.step(np.full(3, 0.25))
            returned.append((reward, info))
    recorder.close("complete", "")
    return returned, tmp_path


def test_steps_say_what_the_environment_returned(recorded):
    returned, folder = recorded
    steps = pd.read_parquet(folder / "steps.parquet")
    assert list(steps.columns) == [
        *("session", "env", "episode", "step", "total_step", "sim_time_ms"),
        *("reward", "terminated", "truncated", "wall_ms", "rate_mbps"),
    ]
    assert steps["session"].tolist() == [0] * 8 + [1] * 4
    assert steps["episode"].tolist() == [0] * 4 + [1] * 4 + [0] * 4
    assert steps["step"].tolist() == [0, 1, 2, 3] * 3
    assert steps["total_step"].tolist() == list(range(12))
    assert steps["terminated"].tolist() == [i in (7, 11) for i in range(12)]
    assert steps["truncated"].tolist() == [i % 4 == 3 for i in range(12)]
    assert steps["reward"].tolist() == [reward for reward, _ in returned]
    assert steps["rate_mbps"].tolist() == [info["kpis"]["rate_mbps"] for _, info in returned]
    assert steps["sim_time_ms"].tolist() == [info["sim_time_ms"] for _, info in returned]
    assert steps["sim_time_ms"][0] == 1200, "the measurement of the reset is no step"


def test_statistics_equal_the_frames_of_the_info(recorded):
    returned, folder = recorded
    stats = pd.read_parquet(folder / "stats.parquet")
    columns = ["session", "env", "episode", "step", "ts_ms", "source", "name", "id", "value", "unit"]
    assert list(stats.columns) == columns and len(stats) == 12 * 3
    for k, (_, info) in enumerate(returned):
        line = info["network_stats"].iloc[0]
        part = stats.iloc[3 * k : 3 * k + 3]
        assert part["value"].tolist() == line["value"] and part["id"].tolist() == line["id"]
        assert set(part["name"]) == {line["name"]} and set(part["unit"]) == {"Mbit/s"}
        assert set(part["ts_ms"]) == {line["ts"]}


def test_episodes_and_sessions_sum_up(recorded):
    _, folder = recorded
    steps = pd.read_parquet(folder / "steps.parquet")
    episodes, sessions = pd.read_csv(folder / "episodes.csv"), pd.read_csv(folder / "sessions.csv")
    groups = steps.groupby(["session", "episode"])
    assert list(episodes.columns) == ["session", "env", "episode", "return", "length", "rate_mbps", "seed"]
    assert np.allclose(episodes["return"], groups["reward"].sum(), rtol=1e-15)
    assert np.allclose(episodes["rate_mbps"], groups["rate_mbps"].mean(), rtol=1e-15)
    assert episodes["length"].tolist() == [4, 4, 4]
    columns = ["session", "env", "seed", "status", "episodes", "steps", "sim_s", "wall_s", "exit_reason"]
    columns += ["recoveries"]
    assert list(sessions.columns) == columns
    assert sessions["episodes"].tolist() == [2, 1] and sessions["steps"].tolist() == [8, 4]
    assert sessions["status"].tolist() == ["complete"] * 2 and sessions["sim_s"].tolist() == [1.9, 1.5]
    assert episodes["seed"].tolist() == [2, 2, sessions["seed"][1]]


def test_every_table_can_be_opened_at_once_and_none_is_ahead_of_another(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("netgym_cli.runs.tables.time.monotonic", lambda: clock[0])
    config = run_config(env={"episodes_per_session": 3})
    env = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config), [Recorder(tmp_path)])

    def seen():
        steps, stats = pd.read_parquet(tmp_path / "steps.parquet"), pd.read_parquet(tmp_path / "stats.parquet")
        episodes, sessions = pd.read_csv(tmp_path / "episodes.csv"), pd.read_csv(tmp_path / "sessions.csv")
        assert len(stats) == 3 * len(steps) and sessions["steps"].sum() == len(steps)
        assert sessions["episodes"].sum() == len(episodes) and episodes["length"].sum() <= len(steps)
        return len(steps), len(episodes), sessions["status"].tolist()

    assert len(pd.read_csv(tmp_path / "sessions.csv")) == 0
    env.reset()
    assert pd.read_csv(tmp_path / "sessions.csv")["status"].tolist() == ["running"]
    found = []
    for k in range(12):
        clock[0] += 2.0 if k == 6 else 0.01
        if env.step(None)[3]:
            env.reset()
        found.append(seen())
    one, two = (1, 0, ["running"]), (7, 1, ["running"])
    assert found == [one] * 6 + [two] * 5 + [(12, 3, ["complete"])]


def test_layouts_may_change_between_sessions():
    one = Layout((Row("gma", "rate", "Mbit/s", (1, 2)), Row("lte", "cell", "", (7,))))
    other = Layout((Row("gma", "rate", "Mbit/s", (1,)),))
    table = encode_stats(
        [(0, 0, 0, 0, 10.0, one, np.arange(3.0)), (1, 0, 0, 0, 20.0, other, np.array([9.0]))]
    ).to_pandas()
    assert table["value"].tolist() == [0, 1, 2, 9] and table["id"].tolist() == [1, 2, 7, 1]
    assert table["name"].tolist() == ["rate", "rate", "cell", "rate"] and table["ts_ms"].tolist() == [10, 10, 10, 20]


def test_a_change_of_kpis_is_not_hidden(tmp_path):
    config = run_config()
    recorder = Recorder(tmp_path)
    network = NetworkEnv(config.env, config.simulator)
    env = SequentialSessions(network, Plan.of(config), [recorder])
    env.reset()
    env.step(None)
    network.adapter.kpis = lambda stats: {"other": 1.0}
    with pytest.raises(SessionError, match="KPIs"):
        env.step(None)


def test_the_record_of_a_dead_run_is_set_right_once(tmp_path):
    record = RunRecord(tmp_path, ["netgym"], run_config(), 10, Recorder(tmp_path / "metrics"))
    RunFolder(tmp_path).mark_dead("killed by signal 9")
    told = json.loads((tmp_path / "run.json").read_text())
    assert told["status"] == "failed" and told["error"]["message"] == "killed by signal 9"
    record.close("complete")
    RunFolder(tmp_path).mark_dead("too late")
    assert json.loads((tmp_path / "run.json").read_text())["status"] == "complete"
    RunFolder(tmp_path / "absent").mark_dead("nothing to mark")


def test_git_may_be_absent(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert git_state() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state() is None
