"""Several simulators at once: the same to the bit however long each step takes, and all of it told in order."""

import random
import threading
import time
import zipfile

import numpy as np
import pandas as pd
import pytest

from netgym_cli.common.errors import SessionError, SimulatorDied
from netgym_cli.common.seeds import seed_of_session
from netgym_cli.config.compose import compose
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.experiment.opening import open_sessions
from netgym_cli.runs.folder import RunFolder
from netgym_cli.sessions import parallel
from netgym_cli.sessions.parallel import ParallelSessions
from netgym_cli.sessions.plan import Plan, seed_of_slot
from netgym_cli.sessions.sequential import SequentialSessions
from tests.sessions.test_sequential import Notes
from tests.support.engine import run_config
from tests.support.scripted_channel import scripted_config
from tests.support.toy import ToySimulator

N = 4
WALL = ("wall_ms", "wall_s", "start_s")
LEARNERS = ["ppo", "a2c", "sac", "td3", "cleanrl_ppo"]


def threads_left():
    return [thread for thread in threading.enumerate() if thread.name.startswith("env ")]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    assert not threads_left()
    yield
    assert not threads_left()


def vector(observers=(), **keys):
    config = run_config("ppo", n_envs=N, **keys)
    sessions = open_sessions(config, Plan.of(config))
    sessions.observers = observers
    return sessions


def walk(sessions):
    """The rewards of every step, one row each, for the same actions in all slots."""
    rewards = []
    sessions.reset()
    while not sessions.finished:
        rewards.append(sessions.step([np.full(3, 0.25)] * sessions.n_envs)[1])
    sessions.close()
    return np.array(rewards)


@pytest.fixture
def delays(monkeypatch):
    """Every step takes up to 2 ms more, drawn anew."""
    step = ToySimulator.step

    def slowed(self, policy):
        time.sleep(random.SystemRandom().random() * 0.002)
        return step(self, policy)

    monkeypatch.setattr(ToySimulator, "step", slowed)


def tables(folder):
    metrics = RunFolder(folder).metrics
    read = {path.name: pd.read_parquet(path) for path in metrics.glob("*.parquet")}
    read |= {path.name: pd.read_csv(path) for path in metrics.glob("*.csv")}
    return {name: table.drop(columns=[name for name in WALL if name in table]) for name, table in read.items()}


def weights(folder):
    files = RunFolder(folder)
    if files.weights_path.exists():
        return files.weights_path.read_bytes()
    with zipfile.ZipFile(files.model_path) as model:
        return model.read("policy.pth"), model.read("normalization.json")


def test_every_simulator_has_seeds_of_its_own_and_the_first_keeps_those_of_one_alone():
    sessions = [{}, {}, {"random_seed": 9}, {"random_seed": None}, {"random_seed": 9}]
    plan, alone = Plan.of(run_config("ppo", 5, sessions, n_envs=3)), Plan.of(run_config("ppo", 5, sessions))
    assert plan.seeds == alone.seeds == (5, seed_of_session(5, 1), 9, None, 9)
    assert plan.n_envs == 3 and plan.total_steps == 3 * alone.total_steps
    first, *others = (plan.slot(env) for env in range(3))
    assert first == alone and [other.seeds[3] for other in others] == [None, None]
    assert others[0].seeds[2] == others[0].seeds[4] == seed_of_slot(9, 0, 1), "a seed given twice is one network"
    known = [seed for seed in plan.all_seeds if seed is not None]
    assert len(known) == 12 and len(set(known)) == 9
    assert plan.all_seeds[:4] == (5, seed_of_slot(5, 0, 1), seed_of_slot(5, 0, 2), seed_of_session(5, 1))


def test_each_slot_lives_what_its_seeds_give_alone():
    config = run_config("ppo", 3, [{}, {"episodes_per_session": 1}], n_envs=N)
    plan = Plan.of(config)
    rewards = walk(ParallelSessions([NetworkEnv(config.env, config.simulator) for _ in range(N)], plan))
    assert rewards.shape == (12, N) and rewards.dtype == np.float64
    for env in range(N):
        notes, alone = Notes(), SequentialSessions(NetworkEnv(config.env, config.simulator), plan.slot(env))
        alone.observers = [notes]
        while not alone.finished:
            alone.reset()
            over = False
            while not over:
                *_, over, _ = alone.step(np.full(3, 0.25))
        assert [step.reward for step in notes.steps] == rewards[:, env].tolist()


def test_observers_hear_of_one_step_after_the_other_and_of_the_slots_in_order(delays):
    threads, notes = set(), Notes()
    notes.updated = lambda done, total: threads.add((threading.current_thread(), done, total))
    sessions = vector([notes], sessions=[{}, {}])
    walk(sessions)
    places = [(step.session, step.episode, step.step, step.env) for step in notes.steps]
    assert places == sorted(places) == sorted(set(places)) and len(places) == 2 * 2 * 4 * N
    starts = [start.env for start in notes.starts]
    assert starts == list(range(N)) * 4 and len(notes.starts) == 2 * 2 * N
    sessions.updated(1, 2)
    assert threads == {(threading.main_thread(), 1, 2)}


def test_a_slot_whose_episode_ended_has_begun_the_next():
    sessions = vector(sessions=[{}, {}])
    first = sessions.reset()
    assert first.shape == (N, 1, 3) and first.dtype == np.float32
    for step in range(16):
        observations, _, terminal, truncated, infos = sessions.step([None] * N)
        over, ended = step % 4 == 3, step % 8 == 7
        assert truncated.tolist() == [over] * N and not terminal.any()
        assert [info.get("session_end", False) for info in infos] == [ended] * N
        last = [info.get("terminal_observation") for info in infos]
        if over:
            assert np.array_equal(np.stack(last), observations) == (not ended or step == 15), "a network runs on"
        else:
            assert last == [None] * N
    assert sessions.finished
    with pytest.raises(SessionError, match="the run is over"):
        sessions.step([None] * N)
    sessions.close()
    sessions.close()


@pytest.mark.parametrize("channel", [None, [None, 100, 250]], ids=["direct", "behind a channel"])
@pytest.mark.parametrize("name", LEARNERS)
def test_a_training_is_the_same_however_long_each_step_takes(name, channel, tmp_path, delays):
    if name in ("a2c", "td3", "cleanrl_ppo") and channel is not None:
        pytest.skip("cleanrl_ppo takes no Dict, and two learners are enough behind channels")
    found = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        config = run_config(name, 3, [{}, {"episodes_per_session": 1}], n_envs=N)
        if channel is not None:
            config.channel = scripted_config(channel)
        run.check(config)
        before = ToySimulator.started
        summary = run.train(config, folder, ["netgym"])
        assert ToySimulator.started - before == 2 * N and not threads_left()
        assert summary.steps == 12 * N and summary.episodes == 3 * N
        found.append((tables(folder), weights(folder)))
    (first, model), (second, again) = found
    assert model == again
    for table, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[table], check_exact=True)
    steps = first["steps.parquet"]
    assert steps["total_step"].tolist() == list(range(12 * N)) and steps["env"].tolist() == list(range(N)) * 12
    assert not steps.duplicated(["env", "session", "episode", "step"]).any()
    assert first["sessions.csv"][["session", "env"]].values.tolist() == [[k, i] for k in (0, 1) for i in range(N)]
    assert first["sessions.csv"]["steps"].tolist() == [8] * N + [4] * N
    record = RunFolder(tmp_path / "a").record()
    assert record["seeds"] == list(Plan.of(config).all_seeds) == first["sessions.csv"]["seed"].tolist()
    assert record["n_envs"] == N and record["planned_steps"] == record["steps"] == 12 * N
    assert RunFolder(tmp_path / "a").seeds() == set(record["seeds"])


@pytest.mark.parametrize(("which", "expected"), [("auto", N), ("all", N), ("first", 1), ("none", 0)])
def test_statistics_are_stored_of_the_simulators_that_are_asked_for(which, expected, tmp_path):
    config = run_config("a2c", n_envs=N)
    config.record_stats = which
    run.train(config, tmp_path, ["netgym"])
    stats = tables(tmp_path)["stats.parquet"]
    assert stats["env"].drop_duplicates().tolist() == list(range(expected)) and len(stats) == 3 * 8 * expected
    assert len(tables(tmp_path)["steps.parquet"]) == 8 * N


def test_the_first_failure_in_the_order_of_the_slots_is_the_run_s(tmp_path, monkeypatch):
    step = ToySimulator.step

    def failing(self, policy):
        if self.steps == 3 and self.failing:
            time.sleep(0.05 / self.failing)  # the later slot fails first
            raise SimulatorDied(f"simulator {self.failing} died")
        return step(self, policy)

    plan = Plan.of(config := run_config("ppo", n_envs=N))
    numbers = {plan.slot(env).seeds[0]: env for env in (1, 3)}
    start = ToySimulator.start

    def starting(self, scenario, settings, seed):
        self.failing = numbers.get(seed, 0)
        return start(self, scenario, settings, seed)

    monkeypatch.setattr(ToySimulator, "step", failing)
    monkeypatch.setattr(ToySimulator, "start", starting)
    where = f"env 1 of 4, session 0, seed {plan.slot(1).seeds[0]}, episode 0, step 2: "
    with pytest.raises(SimulatorDied, match=f"^{where}simulator 1 died"):
        run.train(config, tmp_path, ["netgym"])
    found = tables(tmp_path)
    assert found["steps.parquet"][["step", "env"]].values.tolist() == [
        *([k, env] for k in (0, 1) for env in range(N)),
        *([2, env] for env in (0, 2)),
    ]
    assert found["sessions.csv"]["status"].tolist() == ["failed"] * N
    assert RunFolder(tmp_path).record()["error"]["message"].startswith("env 1 of 4")


class Stuck(ToySimulator):
    """Goes on for ever in its third step, until it is interrupted."""

    freed = threading.Event()

    def step(self, policy):
        if self.steps == 3:
            self.freed.wait()
            raise SimulatorDied("interrupted")
        return super().step(policy)

    def interrupt(self):
        self.freed.set()


class Deaf(Stuck):
    def interrupt(self):
        pass


@pytest.mark.parametrize("kind", [Stuck, Deaf])
def test_an_interruption_ends_what_is_under_way(kind, monkeypatch):
    monkeypatch.setattr("netgym_cli.envs.network_env.simulator_registry.load", lambda name: kind)
    monkeypatch.setattr(parallel, "PATIENCE_S", 0.5)
    Stuck.freed.clear()
    notes = Notes()
    sessions = vector([notes])
    sessions.reset()
    sessions.step([None] * N), sessions.step([None] * N)

    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(parallel.CallingThread, "outcome", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sessions.step([None] * N)
    with pytest.raises(SessionError, match="cannot be continued"):
        sessions.step([None] * N)
    if kind is Deaf:
        with pytest.raises(SessionError, match=r"env 0, 1, 2, 3 did not stop within 0\.5 s"):
            sessions.close()
        Stuck.freed.set()
        for thread in threads_left():
            thread.join()
    sessions.close()
    assert len(notes.steps) == 2 * N, "a step is told whole or not at all"


def test_simulators_that_end_their_episodes_themselves_end_the_run_with_the_first(tmp_path):
    words = ["agent.n_envs=3", "agent.n_steps=8", "agent.batch_size=8", "sessions=1", "env.episodes_per_session=4"]
    config = typed_run(compose(["env=gym", "agent=ppo", *words]))
    summary = run.train(config, tmp_path, ["netgym"])
    found = tables(tmp_path)
    sessions, steps = found["sessions.csv"], found["steps.parquet"]
    assert set(sessions["status"]) == {"complete", "stopped"} and summary.steps == len(steps)
    first = sessions[sessions["status"] == "complete"]["env"].min()
    stopped = sessions[sessions["status"] == "stopped"]
    assert set(stopped["exit_reason"]) == {f"env {first} had done all its sessions"}
    assert steps["env"].value_counts().nunique() == 1, "all have done the same number of steps"
    assert any("first simulator" in note for note in summary.notes)
