"""A worker of ns-3 serves the process that asked for it, whatever that one's forked copies do, and ends with it."""

import copy
import gc
import os
import pickle

import gymnasium
import pytest

from netgym_cli import NetworkedEnv, make_env
from netgym_cli.common.errors import SessionError
from netgym_cli.simulators.ns3.zygote_client import Zygote
from tests.support.forked import in_fork
from tests.support.network import eventually, workers, zygotes
from tests.support.ns3_channels import channel, step

pytestmark = pytest.mark.ns3


@pytest.fixture(autouse=True)
def nobody_else():
    """Processes are counted here, so what tests before have left must be gone; an idle zygote may serve again."""
    gc.collect()
    if workers() or len(zygotes()) > 1:
        Zygote.close_all()


@pytest.fixture
def started():
    env = make_env("custom", 1, steps_per_episode=50, measurement_interval_ms=100)
    env.reset()
    yield env
    env.close()
    assert workers() == []


def clock(env):
    return env.step(None)[4]["sim_time_ms"]


@pytest.mark.parametrize("use", [lambda env: env.step(None), lambda env: env.reset(seed=3), lambda env: env.reset()])
def test_a_forked_process_cannot_drive_its_parent_s_simulator(started, use):
    before = clock(started)
    refused = in_fork(lambda: use(started))
    assert isinstance(refused, SessionError) and "session" in str(refused)
    assert [clock(started), clock(started)] == [before + 100, before + 200]


def test_nor_end_it_by_closing_or_dropping_it(started):
    def end():
        started.close()
        started.__dict__.clear()
        gc.collect()

    (worker,) = workers()
    for _ in range(2):
        assert in_fork(end) is None
        clock(started)
    assert workers() == [worker]


def test_nor_use_the_simulator_itself(started):
    simulator = started._simulator

    def refusals():
        told = []
        for use in (simulator.fileno, lambda: simulator.step(None), lambda: simulator.start("custom", {}, 1)):
            try:
                use()
            except SessionError as error:
                told.append(str(error))
        simulator.close()
        return told

    assert len(in_fork(refusals)) == 3
    clock(started)
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(SessionError, match="session"):
            copied(simulator)
    clock(started)


def test_a_channel_is_refused_too_and_its_packets_go_on():
    one = channel("ns3_wifi")
    env = NetworkedEnv(gymnasium.make("CartPole-v1"), channel=one)
    twin = copy.deepcopy(env)
    try:
        env.reset(seed=1)
        for t in range(1, 4):
            for use in (lambda: env.step(0), lambda: env.reset(), lambda now=t: one.advance(9e3 + now)):
                assert isinstance(in_fork(use), SessionError)
            assert in_fork(one.close) is None
            env.step(0)
        for copied in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(SessionError, match="session"):
                copied(one)
        assert one.info()["sent"] == 4
        twin.reset(seed=1)
        for _ in range(3):
            twin.step(0)
        assert twin.channel.info() == one.info()
    finally:
        env.close(), twin.close()
    assert workers() == []


def test_a_channel_that_was_never_started_is_copied():
    one = channel("ns3_wifi")
    twins = [copy.deepcopy(one), pickle.loads(pickle.dumps(one)), one]
    told = []
    for twin in twins:
        twin.reset(1)
        told.append([step(twin, t) for t in range(5)])
        twin.close()
    assert told[0] == told[1] == told[2]


def test_environments_that_are_dropped_leave_no_process_even_while_a_forked_copy_lives():
    env = make_env("custom", 1)
    env.reset()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # until the parent is done
        os._exit(0)
    os.close(reading)
    try:
        for _ in range(3):
            env = make_env("custom", 1)
            env.reset()
            env.step(None)
        del env
        gc.collect()
        assert eventually(lambda: workers() == [])  # zombies count
    finally:
        os.close(writing)
        os.waitpid(child, 0)


def test_a_session_goes_on_and_ends_beside_one_that_was_dropped(started):
    other = make_env("custom", 2)
    other.reset()
    del other
    gc.collect()
    assert eventually(lambda: len(workers()) == 1)
    clock(started)
