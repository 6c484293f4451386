"""The process that workers are forked from: its answers, what it leaves, and how it ends."""

import os
import signal
from threading import Thread
from uuid import uuid4

import pytest

from netgym_cli.common.errors import SimulatorTimeout
from netgym_cli.simulators.ns3.zygote_client import Zygote
from tests.support.network import children, eventually, marked, network, python, workers, zygotes

TRAINER = """
import time
from tests.support.network import network
env = network()
env.reset()
print("up", flush=True)
time.sleep(60)
"""

pytestmark = pytest.mark.ns3


@pytest.fixture(autouse=True)
def nobody_else():
    """Processes are counted here, so there are none before, and a zygote that was stopped is not left to others."""
    Zygote.close_all()
    yield
    Zygote.close_all()


def test_an_answer_that_comes_too_late_is_not_taken_for_another():
    first, second = network(), network(simulator={"start_timeout_s": 0.5})
    first.reset()
    (zygote,) = zygotes()
    os.kill(zygote, signal.SIGSTOP)
    with pytest.raises(SimulatorTimeout, match=r"did not answer within 0.5 s \(simulator.start_timeout_s\)"):
        second.reset()
    os.kill(zygote, signal.SIGCONT)
    first.step(None)
    first.close()
    assert eventually(lambda: workers() == [])  # nor is the one left that was forked for nobody
    first.reset()
    first.step(None)
    first.close()


def test_a_stopped_zygote_does_not_survive_a_killed_trainer():
    mark = uuid4().hex
    with python(TRAINER, mark) as trainer:
        assert trainer.stdout.readline() == "up\n"
        (zygote,) = children(trainer.pid)
        os.kill(zygote, signal.SIGSTOP)
        os.kill(trainer.pid, signal.SIGKILL)
        trainer.wait()
        assert eventually(lambda: marked(mark) == [])


def test_a_zygote_outlives_the_thread_that_asked_for_it():
    env = network()
    thread = Thread(target=env.reset)
    thread.start()
    thread.join()
    env.step(None)
    env.close()
    env.reset(options={"new_session": True})
    assert len(zygotes()) == 1
    env.close()
