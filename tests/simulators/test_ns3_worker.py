import os
import random
import signal
import threading
import time
from uuid import uuid4

import pytest

from netgym_cli.common.errors import SimulatorDied, SimulatorTimeout
from netgym_cli.simulators.builtin.ns3 import Ns3Simulator
from netgym_cli.simulators.ns3.zygote_client import Zygote
from tests.support.network import PATIENCE_S, dead, eventually, marked, network, output_of, python, workers, zygotes

TRAINER = """
import os, signal, sys, time
from tests.support.network import network
env = network()
env.reset()
print("stepping", flush=True)
while True:
    env.step(None)
"""


@pytest.fixture(autouse=True)
def nobody_else():
    """Processes are counted here, so what tests before have left must be gone; an idle zygote may serve again."""
    if workers() or len(zygotes()) > 1:
        Zygote.close_all()


@pytest.fixture
def env():
    """Without recovery: the death of its worker is an error."""
    env = network(simulator={"recover": False})
    yield env
    env.close()
    assert workers() == []


def works_again(env):
    env.reset()
    env.step(None)
    env.close()
    return workers() == []


class Shooter(threading.Thread):
    """Sends a signal to this process's worker, some time after it was forked."""

    def __init__(self, delay_s, shot=signal.SIGKILL):
        super().__init__(daemon=True)
        self.delay_s, self.shot = delay_s, shot
        self.start()

    def run(self):
        assert eventually(workers)
        time.sleep(self.delay_s)
        os.kill(workers()[0], self.shot)


@pytest.mark.ns3
@pytest.mark.parametrize("kills", [6, pytest.param(50, marks=pytest.mark.long)])
def test_a_killed_worker_is_named_and_the_env_lives_on(env, kills):
    env.reset(options={"new_session": True})  # a zygote is there, so workers come at once
    env.close()
    rng, hits = random.Random(kills), {"start": 0, "step": 0, "between": 0}
    for k in range(kills):
        point, delay_s = [("start", 0.04), ("step", 0.2), ("between", 0.0)][k % 3]
        shooter = Shooter(rng.uniform(0, delay_s)) if point == "start" else None
        hit = "start"
        with pytest.raises(SimulatorDied, match="killed by SIGKILL"):
            env.reset()
            hit = "step"
            if point == "step":
                shooter = Shooter(rng.uniform(0, delay_s))
            for _ in range(rng.randrange(4)):
                env.step(None)
            if point == "between":
                hit = "between"
                os.kill(workers()[0], signal.SIGKILL)
            while True:
                env.step(None)
        if shooter:
            shooter.join(PATIENCE_S)
        hits[hit] += 1
        assert workers() == []
        assert not env.running
        assert works_again(env)
    assert all(hits.values()), hits


@pytest.mark.ns3
@pytest.mark.parametrize("shot", [signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT], ids=lambda shot: shot.name)
def test_a_crash_ends_the_worker_without_a_debugger(env, shot):
    env.reset()
    os.kill(workers()[0], shot)
    with pytest.raises(SimulatorDied, match=f"killed by {shot.name}") as crash:
        env.step(None)
    assert "most recent call first" in str(crash.value)  # where Python was, from faulthandler


@pytest.mark.ns3
def test_a_stopped_worker_times_out_and_is_gone():
    env = network(simulator={"step_timeout_s": 0.5})
    for _ in range(5):
        env.reset()
        env.step(None)
        (worker,) = workers()
        os.kill(worker, signal.SIGSTOP)
        with pytest.raises(SimulatorTimeout, match=r"within 0.5 s.*simulator.step_timeout_s"):
            env.step(None)
        assert dead(worker)
    assert works_again(env)


@pytest.mark.ns3
def test_a_worker_stopped_during_start_times_out():
    env = network(simulator={"start_timeout_s": 3})
    env.reset()
    env.close()
    shooter = Shooter(0, signal.SIGSTOP)
    with pytest.raises(SimulatorTimeout, match=r"simulator.start_timeout_s"):
        env.reset()
    shooter.join(PATIENCE_S)
    assert works_again(env)


@pytest.mark.ns3
def test_a_stopped_worker_does_not_keep_close_waiting():
    env = network(simulator={"close_timeout_s": 0.3})
    env.reset()
    os.kill(workers()[0], signal.SIGSTOP)
    env.close()
    assert workers() == []


@pytest.mark.ns3
def test_a_killed_zygote_takes_its_workers_along_and_is_replaced(env):
    env.reset()
    (zygote,), (worker,) = zygotes(), workers()
    os.kill(zygote, signal.SIGKILL)
    with pytest.raises(SimulatorDied, match="parent process is gone"):
        while True:
            env.step(None)
    assert eventually(lambda: dead(worker))
    assert works_again(env)
    assert zygotes() != [zygote]


@pytest.mark.ns3
def test_close_is_harmless_at_any_time(env):
    env.close()
    env.reset()
    env.close()
    env.close()
    Ns3Simulator(env.simulator_config).close()
    assert workers() == []


def start(env, scenario="nqos_split", without="", **settings):
    asked = env.adapter.settings()
    asked.pop(without, None)
    for key, value in settings.items():
        asked[key] = {**asked[key], **value}
    simulator = Ns3Simulator(env.simulator_config)
    try:
        simulator.start(scenario, asked, seed=1)
    finally:
        simulator.close()


@pytest.mark.ns3
@pytest.mark.parametrize(
    ("message", "request_"),
    [
        ("ns-3 ended it.*NoSuchWifiManager not found", {"wifi": {"rate_control": "NoSuch"}}),
        ("ns-3 ended it.*TcpNothing not found", {"per_slice_config": {"transport_protocol": ["TcpNothing"]}}),
        ("the scenario needs the setting 'measurement_start_time_ms'", {"without": "measurement_start_time_ms"}),
        ("setting 'lte.tx_power_dbm' is 'loud', which is not a number", {"lte": {"tx_power_dbm": "loud"}}),
        ("unknown scenario 'nowhere'; known: .*nqos_split", {"scenario": "nowhere"}),
    ],
)
def test_what_ns3_refuses_is_told_in_its_words(env, message, request_):
    with pytest.raises(SimulatorDied, match=f"(?s){message}"):
        start(env, **request_)
    assert workers() == []
    assert works_again(env)


@pytest.mark.ns3
def test_a_worker_that_waits_too_long_for_an_action_says_so():
    env = network(max_wait_time_for_action_ms=300)
    env.reset()
    env.step(None)
    (worker,) = workers()
    assert eventually(lambda: dead(worker))
    with pytest.raises(SimulatorDied, match=r"no action for 0.3 s \(env.max_wait_time_for_action_ms\)"):
        env.step(None)
    assert works_again(env)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.long)])
def test_nothing_survives_a_killed_trainer(kills):
    rng = random.Random(kills)
    for _ in range(kills):
        mark = uuid4().hex
        with python(TRAINER, mark) as trainer:
            if rng.random() < 0.5:
                assert trainer.stdout.readline() == "stepping\n"
                assert len(marked(mark)) == 3  # trainer, zygote, worker
            time.sleep(rng.uniform(0, 1.5))
            os.kill(trainer.pid, signal.SIGKILL)
            trainer.wait()
            assert eventually(lambda mark=mark: marked(mark) == [])


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("raise RuntimeError('enough')", 1),
        ("sys.exit(7)", 7),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_nothing_survives_a_trainer_that_ends(end, status):
    mark = uuid4().hex
    with python(TRAINER.replace("while True:", "for _ in range(3):") + end, mark) as trainer:
        assert trainer.wait(60) == status
        assert eventually(lambda: marked(mark) == [])


def test_ctrl_c_reaches_the_trainer_alone_and_nothing_survives():
    mark = uuid4().hex
    told = (
        TRAINER.partition("print")[0]
        + """
try:
    print("stepping", flush=True)
    while True:
        env.step(None)
except KeyboardInterrupt:
    env.reset(options={"new_session": True})
    env.step(None)
    print("again")
"""
    )
    with python(told, mark) as trainer:
        assert trainer.stdout.readline() == "stepping\n"
        os.killpg(trainer.pid, signal.SIGINT)
        out, err = trainer.communicate(timeout=60)
        assert out.split()[-1] == "again", err
        assert eventually(lambda: marked(mark) == [])


FORKING = """
import os
from tests.support.network import network, zygotes
env = network()
env.reset()
before = zygotes()
child = os.fork()
if child == 0:
    mine = network()
    mine.reset()
    mine.step(None)
    assert zygotes() and zygotes() != before
    raise SystemExit(5)
env.step(None)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
env.step(None)
env.reset(options={"new_session": True})
env.step(None)
assert zygotes() == before
print("undisturbed")
"""


def test_a_forked_copy_of_the_trainer_leaves_the_originals_zygote_alone():
    assert output_of(FORKING) == "undisturbed\n"
