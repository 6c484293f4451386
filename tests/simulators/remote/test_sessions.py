"""Sessions over a relay: equal to those here, whatever dies meanwhile."""

import os
import signal

import pytest

from netgym_cli.common.errors import SessionError, SimulatorDied, SimulatorTimeout
from netgym_cli.simulators.remote import daemon
from netgym_cli.simulators.remote.troubles import HostError
from tests.support.network import children
from tests.support.relays import ALONE, RELAY, ended, session, sockets_of_its_own, walked

pytestmark = pytest.mark.ns3


@pytest.fixture(autouse=True)
def sockets():
    with sockets_of_its_own() as folder:
        yield folder


def relay_of(env):
    return env.unwrapped._simulator._worker._line._process.pid


def the_session():
    (one,) = daemon.status()["sessions"]
    return one


def test_a_session_over_a_relay_equals_one_here_and_its_worker_may_die(caplog):
    env = session(RELAY)

    def kill(step):
        if step == 0:
            told = the_session()
            assert told["pid"] and told["client"] and told["silent_s"] < 60
        if step == 20:
            os.kill(the_session()["pid"], signal.SIGKILL)

    assert walked(env, before=kill) == walked(session(None))
    assert env.unwrapped.recoveries == 1 and "killed by SIGKILL; another process has done its 20 steps" in caplog.text
    assert daemon.status()["sessions"] == []


def victim_of(env, victim, command):
    return daemon.status()["pid"] if victim == "daemon" and command is RELAY else relay_of(env)


@pytest.mark.long
@pytest.mark.parametrize("command", [RELAY, ALONE], ids=["daemon", "alone"])
@pytest.mark.parametrize("victim", ["relay", "daemon"])
def test_other_deaths_change_nothing_and_leave_nothing(command, victim):
    env, gone = session(command), []

    def kill(step):
        if step in (0, 20, 38):
            maker = relay_of(env) if command is ALONE else daemon.status()["pid"]
            zygotes = children(maker)
            workers = [worker for zygote in zygotes for worker in children(zygote)]
            gone.extend(workers)
            gone.extend(zygotes if maker == victim_of(env, victim, command) else [])
            os.kill(victim_of(env, victim, command), signal.SIGKILL)
            assert ended(workers)  # so that none of them answers once more

    assert walked(env, before=kill) == walked(session(None))
    assert env.unwrapped.recoveries == 3 and ended(gone, 30)


@pytest.mark.long
@pytest.mark.parametrize("name", ["nqos_split_light", "network_slicing"])
def test_other_environments_are_equal_too(name):
    assert walked(session(RELAY, 8, name), 8) == walked(session(None, 8, name), 8)


@pytest.mark.long
def test_a_death_without_recovery_names_the_place_and_what_to_do():
    env = session(RELAY, simulator={"recover": False})
    env.reset()
    os.kill(the_session()["pid"], signal.SIGKILL)
    with pytest.raises(SimulatorDied, match=r"seed 7 on .*python.*\) died: killed by SIGKILL"):
        env.step(None)
    env.reset()
    os.kill(relay_of(env), signal.SIGKILL)
    with pytest.raises(
        SimulatorDied, match=r"(?s)the connection to .*python was lost .*killed by SIGKILL.*What to do: "
    ):
        env.step(None)


@pytest.mark.long
def test_a_worker_that_hangs_is_killed():
    env = session(RELAY)
    env.reset()
    pid = the_session()["pid"]
    os.kill(pid, signal.SIGSTOP)
    env.unwrapped._simulator.config.step_timeout_s = 1.0
    with pytest.raises(SimulatorTimeout, match="did not answer within 1 s"):
        env.step(None)
    assert ended([pid]) and daemon.status()["sessions"] == []


@pytest.mark.long
def test_no_place_free_is_told_and_another_host_is_taken():
    command = ["sh", "-c", 'shift; exec "$@"', "a stand-in for ssh", "{host}", *RELAY]
    first = session(command, simulator={"host": ["one:1"]})
    first.reset()
    second = session(command, simulator={"host": ["two:1"]})
    with pytest.raises(HostError, match=r"two: no place is free: 1 of 1 are taken\. End other sessions there"):
        second.reset()
    third = session(command, simulator={"host": ["two:1", "three:2"]})
    third.reset()
    assert third.unwrapped._simulator._worker.where == " on three"
    first.close()
    third.close()
    second.reset()
    second.close()


@pytest.mark.long
def test_a_forked_copy_lets_go():
    env = session(RELAY)
    env.reset()
    pid = os.fork()
    if pid == 0:
        try:
            env.step(None)
        except SessionError:
            env.close()
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    env.step(None)
    env.close()
