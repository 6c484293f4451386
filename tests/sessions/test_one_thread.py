"""Several simulators waited for in one thread: the sessions of a thread for each, to the bit, failures included."""

import os
import random
import threading
import time

import numpy as np
import pandas as pd
import pytest

from netgym_cli.common.errors import ActionError, SimulatorDied
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions import one_thread
from netgym_cli.sessions.parallel import ParallelSessions
from netgym_cli.sessions.plan import Plan
from tests.sessions.test_parallel_sessions import threads_left
from tests.support.engine import run_config
from tests.support.many_toys import LoopedToys, ManyToys
from tests.support.toy import ToySimulator

N = 4
TABLES = ("steps.parquet", "stats.parquet", "episodes.csv", "sessions.csv")


class Elsewhere(ToySimulator):
    """Answers after up to 3 ms, in another thread, as a worker process would; one that is stuck when it is interrupted.

    `faults` says by seed in which step it fails or is stuck for ever.
    """

    faults: dict[int, tuple[str, int]] = {}

    def start(self, scenario, settings, seed):
        self.ends, self.freed, self.fault = os.pipe(), threading.Event(), self.faults.get(seed, ("", 0))
        return super().start(scenario, settings, seed)

    def step_async(self, control):
        self.thread = threading.Thread(target=self._answer, args=(control,))
        self.thread.start()

    def _answer(self, control):
        time.sleep(random.SystemRandom().random() * 0.003)
        kind, at = self.fault
        if kind == "stuck" and self.steps == at:
            self.freed.wait()
        died = (kind == "fails" and self.steps == at) or self.freed.is_set()
        self.answer = SimulatorDied("it died") if died else ToySimulator.step(self, control)
        os.write(self.ends[1], b".")

    def step_wait(self):
        os.read(self.ends[0], 1)
        self.thread.join()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def step(self, control):
        if not hasattr(self, "now_ms") or self.steps == 0:  # within start
            return super().step(control)
        self.step_async(control)
        return self.step_wait()

    def fileno(self):
        return self.ends[0]

    def interrupt(self):
        self.freed.set()

    def close(self):
        for end in self.__dict__.pop("ends", ()):
            os.close(end)


class Together(ManyToys):
    required_simulator = "tests.sessions.test_one_thread:Elsewhere"


class Apart(LoopedToys):
    required_simulator = "tests.sessions.test_one_thread:Elsewhere"


class Refused(Together):
    """Its reward of one network is not a number."""

    def reward(self, stats):
        return np.nan * super().reward(stats)


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch):
    monkeypatch.setattr(Elsewhere, "faults", {})
    yield
    assert not threads_left()


def opened(kind, threads=False, sessions=1):
    name = f"{kind.__module__}:{kind.__qualname__}"
    config = run_config("ppo", n_envs=N, env={"name": name}, sessions=[{}] * sessions)
    sessions = ParallelSessions([NetworkEnv(config.env, config.simulator) for _ in range(N)], Plan.of(config))
    if threads:
        sessions._one_thread._no_channels = False
    return sessions


def played(sessions, folder):
    """Everything that it returned as bytes, the error that ended it, and its tables."""
    recorder, got, error = Recorder(folder, N), [], None
    sessions.observers = (recorder,)
    sessions.action_space.seed(2)
    try:
        got.append(sessions.reset().tobytes())
        while not sessions.finished:
            actions = [sessions.action_space.sample() for _ in range(N)]
            actions[len(got) % N] = None
            *numbers, infos = sessions.step(actions)
            told = [{key: info[key] for key in ("kpis", "sim_time_ms", "events", "episode_index")} for info in infos]
            got.append((*(part.tobytes() for part in numbers), told))
    except Exception as caught:
        error = (type(caught), str(caught), getattr(caught, "__notes__", []))
    sessions.close()
    recorder.close("failed", "")
    tables = {}
    for name in TABLES:
        table = (pd.read_parquet if name.endswith("parquet") else pd.read_csv)(folder / name)
        tables[name] = table.drop(columns=[column for column in ("wall_ms", "wall_s") if column in table])
    return got, error, tables


@pytest.mark.parametrize("fault", [None, "fails"])
@pytest.mark.parametrize("kind", [Together, Apart, Refused])
def test_one_thread_and_a_thread_for_each_are_the_same(kind, fault, tmp_path, monkeypatch):
    seeds = opened(kind, sessions=2).plan.all_seeds
    if fault:
        monkeypatch.setattr(Elsewhere, "faults", {seeds[N + 1]: (fault, 4), seeds[N + 3]: (fault, 4)})
    passes = []
    answers = one_thread._Together.answers

    def counted(self):
        passes.append(answers(self))
        return passes[-1]

    monkeypatch.setattr(one_thread._Together, "answers", counted)
    got, error, tables = played(opened(kind, sessions=2), tmp_path / "one")
    assert any(None not in each for each in passes) == (kind is Together)
    done = len(passes)
    other, its_error, its_tables = played(opened(kind, threads=True, sessions=2), tmp_path / "each")
    assert (got, error) == (other, its_error) and len(passes) == done > 0
    assert (error is None) == (fault is None and kind is not Refused)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, its_tables[name], check_exact=True, obj=name)
    if fault and kind is not Refused:
        assert error[1].startswith("env 1 of 4, session 1, seed ") and len(got) == 1 + 8 + 3


def test_an_action_that_cannot_be_is_its_slot_s_and_the_others_have_stepped(tmp_path):
    notes = []
    for threads in (False, True):
        sessions = opened(Together, threads)
        recorder = Recorder(tmp_path / str(threads), N)
        sessions.observers = (recorder,)
        sessions.reset()
        with pytest.raises(ActionError) as caught:
            sessions.step([np.zeros(3), np.full(3, 7.0), np.zeros(3), np.full(3, 8.0)])
        notes.append((str(caught.value), caught.value.__notes__, recorder._total_step))
        sessions.close()
        recorder.close("failed", "")
    assert notes[0] == notes[1] and notes[0][1][0].startswith("env 1 of 4") and notes[0][2] == 2


def test_an_interruption_ends_what_is_under_way(tmp_path, monkeypatch):
    sessions = opened(Together)
    monkeypatch.setattr(Elsewhere, "faults", {sessions.plan.all_seeds[2]: ("stuck", 3)})
    sessions.reset()
    sessions.step([None] * N), sessions.step([None] * N)

    class Interrupted:
        register = unregister = staticmethod(lambda *arguments: None)

        def poll(self, left_ms):
            raise KeyboardInterrupt

    monkeypatch.setattr(one_thread.select, "poll", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        sessions.step([None] * N)
    sessions.close()
    assert not any(walk.network.running for walk in sessions._walks)


def test_one_that_is_overdue_says_so_and_the_others_have_stepped(tmp_path, monkeypatch):
    sessions = opened(Together)
    monkeypatch.setattr(Elsewhere, "faults", {sessions.plan.all_seeds[2]: ("stuck", 2)})
    waiting = Elsewhere.step_wait

    def overdue(self):
        if self.fault[0] == "stuck" and self.steps == 2:
            self.interrupt()
        return waiting(self)

    monkeypatch.setattr(Elsewhere, "step_wait", overdue)
    recorder = Recorder(tmp_path, N)
    sessions.observers = (recorder,)
    sessions.reset()
    for walk in sessions._walks:
        walk.network._simulator.config.step_timeout_s = 0.05
    sessions.step([None] * N)
    with pytest.raises(SimulatorDied, match=r"^env 2 of 4, session 0, seed \d+, episode 0, step 1: it died"):
        sessions.step([None] * N)
    assert recorder._total_step == 2 * N - 1
    sessions.close()
    recorder.close("failed", "")
