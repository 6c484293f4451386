"""Sessions of twins in one call are the sessions of each twin alone, through adapter, tables and all."""

import json

import numpy as np
import pandas as pd
import pytest
from stable_baselines3 import PPO

from netgym_cli.config.compose import compose
from netgym_cli.config.conf_dirs import members
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.experiment.opening import open_sessions
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.batched import BatchedSessions
from netgym_cli.sessions.parallel import ParallelSessions
from netgym_cli.sessions.plan import Plan
from netgym_cli.simulators.base import simulator_registry

N = 4
TABLES = ("steps.parquet", "stats.parquet", "episodes.csv", "sessions.csv")
WALL = ["wall_ms", "wall_s"]


def modelled():
    """Environments, one per scenario, of which there is a twin that comes in batches."""
    kinds = [simulator_registry.load(name) for name in members("simulator")]
    scenarios = {name for kind in kinds if kind.batches for name in kind.scenarios or ()}
    return [name for name in env_registry.names() if env_registry.load(name).scenario in scenarios]


def configured(env, *words):
    length = ["env.steps_per_episode=3", "env.episodes_per_session=2", "sessions=2"]
    return typed_run(compose([f"env={env}", "simulator=fluid", "agent=ppo", f"agent.n_envs={N}", *length, *words]))


def played(sessions, folder):
    recorder = Recorder(folder, N)
    sessions.observers = (recorder,)
    space, got = sessions.action_space, [sessions.reset()]
    space.seed(2)
    for step in range(2 * 2 * 3):
        actions = [space.sample() for _ in range(N)]
        some = [None if k == step % N else action for k, action in enumerate(actions)]  # the default algorithm in one
        got.extend(sessions.step(some if step % 2 else np.stack(actions))[:2])
    assert sessions.finished
    sessions.close()
    recorder.close("complete", "")
    return [part.tobytes() for part in got]


@pytest.mark.parametrize("env", modelled())
def test_many_twins_are_each_of_them(env, tmp_path):
    config = configured(env)
    plan = Plan.of(config)
    many = open_sessions(config, plan)
    assert isinstance(many, BatchedSessions)
    each = ParallelSessions([NetworkEnv(config.env, config.simulator) for _ in range(N)], plan)
    assert played(many, tmp_path / "many") == played(each, tmp_path / "each")
    for name in TABLES:
        read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
        table, other = (read(tmp_path / kind / name) for kind in ("many", "each"))
        gone = [column for column in WALL if column in table]
        pd.testing.assert_frame_equal(table.drop(columns=gone), other.drop(columns=gone), check_exact=True, obj=name)


def test_behind_a_channel_every_twin_has_a_thread():
    config = configured("nqos_split")
    channel = typed_run(compose(["env=nqos_split", "simulator=fluid", "channel=link"])).channel
    config.channel = channel
    assert isinstance(open_sessions(config, Plan.of(config)), ParallelSessions)


def test_a_training_on_many_twins_is_the_same_again(tmp_path):
    short = ["agent.n_steps=6", "agent.batch_size=12", "agent.n_epochs=1", "evaluate_at_end=0"]
    weights = []
    for turn in ("one", "again"):
        config = configured("nqos_split", *short)
        run.check(config)
        summary = run.train(config, tmp_path / turn, ["netgym"])
        assert (summary.steps, summary.episodes) == (N * 2 * 2 * 3, N * 2 * 2)
        policy = PPO.load(tmp_path / turn / "model.zip").policy
        weights.append([weight.tolist() for weight in policy.state_dict().values()])
    assert weights[0] == weights[1]
    metrics, record = tmp_path / "one" / "metrics", json.loads((tmp_path / "one" / "run.json").read_text())
    steps, stats = (pd.read_parquet(metrics / f"{name}.parquet") for name in ("steps", "stats"))
    assert steps["total_step"].tolist() == list(range(N * 12)) and steps["env"].tolist() == list(range(N)) * 12
    assert set(stats["env"]) == {0} and (record["stats_envs"], record["n_envs"]) == (1, N)
    assert record["seeds"] == list(Plan.of(config).all_seeds)
