"""Tables of simulators that one call simulates: those of the same simulators side by side, to the bit."""

import json

import numpy as np
import pandas as pd
import pytest

from netgym_cli.envs.last_axis import number
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment.simulator_load import SimulatorLoad
from netgym_cli.runs import tables
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorder import Recorder
from netgym_cli.runs.session_rows import SessionRows
from netgym_cli.sessions.batched import BatchedSessions
from netgym_cli.sessions.parallel import ParallelSessions
from netgym_cli.sessions.plan import Plan
from tests.support.engine import run_config
from tests.support.many_toys import ManyToys

N = 5
WALL = ["wall_ms", "wall_s"]


class Patchy(ManyToys):
    """One indicator is not measured in every network, another in none."""

    def kpis(self, stats):
        rate = stats["toy::dl::rate"][..., 0]
        seen = np.where(rate > 5.3, rate, np.nan)
        return {"rate_mbps": self.reward(stats), "delay_ms": number(seen), "never": number(np.nan * rate)}


def planned(**env):
    name = f"{Patchy.__module__}:{Patchy.__qualname__}"
    sessions = [{}, {"episodes_per_session": 1, "steps_per_episode": 13}, {}]
    config = run_config(sessions=sessions, env={"name": name, "steps_per_episode": 11, **env})
    alone = Plan.of(config)
    return config, Plan(alone.configs, alone.seeds, tuple((10 * k, None, 10 * k + 2) for k in range(1, N)))


def batched(config, plan):
    return BatchedSessions(NetworkEnv(config.env, config.simulator), plan)


def side_by_side(config, plan):
    return ParallelSessions([NetworkEnv(config.env, config.simulator) for _ in range(N)], plan)


def played(make, folder, stats_envs=None, steps=1000, **env):
    config, plan = planned(**env)
    plan = Plan(plan.configs, plan.seeds, tuple(tuple(seed or 9 for seed in seeds) for seeds in plan.further_seeds))
    sessions = make(config, plan)
    recorder, load = Recorder(folder / "metrics", N, stats_envs), SimulatorLoad(N)
    record = RunRecord(folder, ["netgym"], config, plan.total_steps, recorder)
    sessions.observers = (recorder, record, load)
    sessions.reset()
    random = np.random.default_rng(5)
    for _ in range(steps):
        if sessions.finished:
            break
        sessions.step(random.random((N, 3)).astype(np.float32))
    sessions.close()
    recorder.close("stopped", "by the test")
    record.close("complete")
    told = {key: record.content[key] for key in ("seeds", "steps", "sim_s")}
    return folder / "metrics", told, recorder, load


def compared(folder):
    found = {}
    for name in ("steps.parquet", "stats.parquet", "episodes.csv", "sessions.csv"):
        read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
        table = read(folder / name)
        found[name] = table.drop(columns=[column for column in WALL if column in table])
    return found


@pytest.fixture(params=["clock stands", "clock runs"])
def clock(request, monkeypatch):
    """Tables that are flushed at the end only, or with every step."""
    now = iter(range(10**9))
    monkeypatch.setattr(
        tables.time, "monotonic", (lambda: 0.0) if request.param == "clock stands" else lambda: next(now)
    )


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("steps", [1000, 17])
def test_they_are_those_of_simulators_side_by_side(tmp_path, steps):
    folder, told, recorder, load = played(batched, tmp_path / "many", steps=steps)
    other, told_there, recorder_there, _ = played(side_by_side, tmp_path / "each", steps=steps)
    many, each = compared(folder), compared(other)
    for name, table in each.items():
        pd.testing.assert_frame_equal(many[name], table, check_exact=True, obj=name)
    assert told == told_there
    assert (recorder.returns, recorder.session_returns) == (recorder_there.returns, recorder_there.session_returns)
    assert load.notes() == []
    assert told["steps"] == len(many["steps.parquet"]) == N * min(steps, 2 * 11 + 13 + 2 * 11)
    assert many["episodes.csv"]["delay_ms"].notna().any() and many["episodes.csv"]["never"].isna().all()


def test_statistics_of_the_first_alone(tmp_path):
    folder, *_ = played(batched, tmp_path, stats_envs=1)
    assert json.loads((tmp_path / "run.json").read_text())["stats_envs"] == 1
    stats = pd.read_parquet(folder / "stats.parquet")
    assert set(stats["env"]) == {0} and len(stats) == 3 * (2 * 11 + 13 + 2 * 11)
    assert len(pd.read_parquet(folder / "steps.parquet")) == N * (2 * 11 + 13 + 2 * 11)


def test_seeds_that_were_drawn_are_told(tmp_path):
    config, plan = planned()
    sessions, recorder = batched(config, plan), Recorder(tmp_path, N)
    sessions.observers = (recorder,)
    sessions.reset()
    while not sessions.finished:
        sessions.step(None)
    recorder.close("complete", "")
    rows = pd.read_csv(tmp_path / "sessions.csv").set_index(["session", "env"])["seed"]
    assert rows[1, 0] == plan.seeds[1] and rows[1, 2] >= 0 and len(set(rows[1])) == N


def test_an_interrupted_run_leaves_what_was_done(tmp_path):
    folder, told, *_ = played(batched, tmp_path, steps=5)
    sessions = pd.read_csv(folder / "sessions.csv")
    assert set(sessions["status"]) == {"stopped"} and sessions["steps"].tolist() == [5] * N
    assert told["steps"] == 5 * N


def test_rows_that_are_settled_can_be_counted_again():
    rows = SessionRows()
    for session, reason in enumerate(["all steps done", 'stopped, "as said"']):
        rows.begin(session, None if session else 7, 0)
        rows[session, 0].add_stored(1234.5)
        rows[session, 0].stored_episodes = 3
        rows[session, 0].end("complete", reason)
    rows.settle()
    before = rows.text()
    assert (rows.stored_steps, rows.stored_sim_s, rows.get((0, 0))) == (2, 2.468, None)
    rows.forget_stored()
    assert (rows.stored_steps, rows.stored_sim_s) == (0, 0.0)
    for session in (0, 1):
        rows[session, 0].add_stored(1234.5)
    assert rows.text() == before
