"""Workers that die in mid-session: another one does the session so far again, and nobody can tell the difference."""

import json
import os
import random
import signal
import time

import numpy as np
import pandas as pd
import pytest

from netgym_cli.common.errors import ReplayDiffers, SimulatorDied
from netgym_cli.envs.make import make_env
from netgym_cli.simulators.builtin import ns3
from netgym_cli.simulators.ns3.recording import Recording, steps_of
from netgym_cli.simulators.ns3.worker import protocol
from tests.faults.program import Program
from tests.support.network import network, workers
from tests.support.ns3_channels import at_the_edge, step

STEPS = 40
SESSION = {"seed": 7, "steps_per_episode": STEPS, "episodes_per_session": 1}


def walk(env, kills=(), steps=STEPS):
    """Rewards and measurements of random actions and empty ones; the worker is killed before some of the steps."""
    env.reset(seed=7)
    env.action_space.seed(3)
    told = []
    for k in range(steps):
        if k in kills:
            os.kill(env._simulator.pid, signal.SIGKILL)
        _, reward, _, _, info = env.step(None if k % 7 == 3 else env.action_space.sample())
        told.append((reward, info.stats.ts_ms, info.stats.events, info.stats.values.tobytes()))
    env.close()
    return told


def step_frame(*numbers):
    return protocol.pack_numbers(protocol.STEP, np.array(numbers, float))


def test_a_recording_holds_what_was_answered_and_what_was_not():
    made = Recording(b"start")
    assert list(made.answered()) == []
    made.ask(step_frame(8))  # asked for before the START was answered, as channels do
    frames = [step_frame(1, 2), step_frame(), protocol.pack_numbers(protocol.RUN, np.array([1, 5, 2, 6, 7.0]))]
    made.answer(b"begun")
    made.answer(b"first")
    for place, frame in enumerate(frames):
        made.ask(frame)
        made.answer(bytes([place]))
    made.ask(step_frame(9))
    assert list(made.answered()) == [b"start", step_frame(8), *frames] and list(made.under_way) == [step_frame(9)]
    assert [steps_of(frame) for frame in frames] == [1, 1, 2] and made.answers == 5
    assert made.same(0, b"begun") and made.same(4, b"\x02") and not made.same(1, b"begun") and not made.same(4, b"")


@pytest.mark.ns3
def test_a_killed_worker_changes_nothing(caplog):
    env = make_env("rmcat", **SESSION)
    undisturbed = walk(env)
    assert walk(env, (0, STEPS // 2, STEPS - 1)) == undisturbed
    assert env.recoveries == 3 and caplog.text.count("killed by SIGKILL; another process has") == 3
    assert workers() == []


@pytest.mark.ns3
@pytest.mark.long
@pytest.mark.parametrize("name", ["nqos_split_light", "network_slicing", "custom", "energy_saving"])
def test_no_environment_notices_a_death(name):
    env = make_env(name, **SESSION | {"steps_per_episode": 12})
    undisturbed = walk(env, steps=12)
    kills = random.Random(name).sample(range(12), 3)
    assert walk(env, kills, 12) == undisturbed and env.recoveries == 3


@pytest.mark.ns3
def test_a_death_that_repeats_is_an_error_and_so_is_one_without_recovery(monkeypatch):
    env = network()
    env.reset()
    env.step(None)
    connect = ns3.connect

    def doomed(*arguments):
        worker = connect(*arguments)
        os.kill(worker.pid, signal.SIGKILL)
        return worker

    monkeypatch.setattr(ns3, "connect", doomed)
    os.kill(env._simulator.pid, signal.SIGKILL)
    with pytest.raises(SimulatorDied, match="killed by SIGKILL"):
        env.step(None)
    assert not env.running and workers() == []
    monkeypatch.undo()
    env = network(simulator={"recover": False})
    env.reset()
    os.kill(env._simulator.pid, signal.SIGKILL)
    with pytest.raises(SimulatorDied, match="killed by SIGKILL"):
        env.step(None)


@pytest.mark.ns3
def test_a_replay_that_differs_is_an_error_that_names_the_step():
    env = make_env("rmcat", **SESSION)
    env.reset(seed=7)
    for rate in (400, 500, 300):
        env.step([rate])
    frames = env._simulator._recording._frames
    frames[-8:] = np.array([1400.0]).tobytes()  # as if the last control had been another one
    os.kill(env._simulator.pid, signal.SIGKILL)
    with pytest.raises(ReplayDiffers, match="after step 3 differs"):
        env.step([700])
    assert not env.running and workers() == []


@pytest.mark.ns3
@pytest.mark.parametrize(
    "name", ["ns3_wifi", *(pytest.param(other, marks=pytest.mark.long) for other in ("ns3_wifi_multi", "ns3_lte"))]
)
@pytest.mark.parametrize("run_ahead", [True, False])
def test_a_channel_goes_on_after_a_death(name, run_ahead):
    one = at_the_edge(name, run_ahead=run_ahead)
    one.reset(1)
    told = []
    for t in range(60):
        if t in (0, 20, 41):
            os.kill(one.pid, signal.SIGKILL)
        told.append(step(one, t, 256 if t % 30 else 300))
    one.close()
    again = at_the_edge(name, run_ahead=run_ahead)
    again.reset(1)
    assert told == [step(again, t, 256 if t % 30 else 300) for t in range(60)]
    again.close()
    assert one.recoveries == 3 and workers() == []


RUN = [
    *("train", "env=rmcat", "agent=random", "env.steps_per_episode=300", "env.episodes_per_session=2", "sessions=2"),
    *("evaluate_at_end=0", "hydra.run.dir=run"),
]


@pytest.mark.ns3
@pytest.mark.long
@pytest.mark.parametrize("channel", [[], ["channel=ns3_wifi"]], ids=["alone", "behind a channel"])
def test_a_run_counts_what_it_survived(workdir, channel):
    killed, seen = 0, 0
    with Program([*RUN, *channel], workdir) as program:
        while not program.over and killed < 2:
            time.sleep(0.05)
            steps = _steps(workdir / "run" / "run.json")
            if steps > seen:
                seen = steps
                for pid in program.workers():
                    program.kill(pid, signal.SIGKILL)
                killed += 1
        assert program.end(300) == 0, program.errors
        assert program.orphans() == []
    told = json.loads((workdir / "run" / "run.json").read_text())
    counted = pd.read_csv(workdir / "run" / "metrics" / "sessions.csv")["recoveries"]
    assert told["status"] == "complete" and told["recoveries"] == counted.sum() and counted.sum() >= 1


def _steps(record) -> int:
    return json.loads(record.read_text())["steps"] if record.is_file() else 0
