"""Over a real sshd: a session and a training equal those here, and ssh's refusals are told."""

import json
import os
import signal
import zipfile

import pandas as pd
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.simulators.remote import daemon
from netgym_cli.simulators.remote.troubles import HostError
from tests.support.relays import session, sockets_of_its_own, walked
from tests.support.sshd import sshd_at

pytestmark = [pytest.mark.ns3, pytest.mark.long]
HOST = {"host": ["localhost:2"]}


@pytest.fixture
def sshd(tmp_path):
    with sockets_of_its_own() as folder, sshd_at(folder) as server:
        yield server


def test_a_session_equals_one_here_though_ssh_and_worker_die(sshd):
    env = session(None, simulator=HOST)

    def kill(step):
        if step == 10:
            os.kill(env.unwrapped._simulator._worker._line._process.pid, signal.SIGKILL)
        if step == 20:
            (told,) = daemon.status()["sessions"]
            os.kill(told["pid"], signal.SIGKILL)

    assert walked(env, before=kill) == walked(session(None))
    assert env.unwrapped.recoveries == 2 and daemon.status()["sessions"] == []


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"Port": "1"}, "Connection refused.*no sshd listens there"),
        ({"IdentityFile": "/dev/null"}, "Permission denied.*no key of yours is accepted there"),
        ({"UserKnownHostsFile": "/dev/null"}, "Host key verification failed|No .* host key is known"),
        ({"HostName": "no-such-host.invalid"}, "Could not resolve hostname.*there is no such name"),
    ],
)
def test_refusals_name_host_cause_and_next_step(sshd, changes, words):
    sshd.client(**changes)
    with pytest.raises(HostError, match=f"(?s)localhost: no session.*{words}"):
        session(None, simulator=HOST).reset()


def test_another_host_key_is_refused(sshd):
    sshd.known(sshd.key("stranger"))
    sshd.client(StrictHostKeyChecking="no")
    with pytest.raises(HostError, match=r"(?s)localhost: no session.*(IDENTIFICATION HAS CHANGED|verification failed)"):
        session(None, simulator=HOST).reset()


def test_netgym_missing_there_is_told(sshd):
    command = ["ssh", "{host}", "/no/such/netgym", "relay"]
    with pytest.raises(HostError, match=r"(?s)localhost: no session.*No such file.*netgym is not there"):
        session(command, simulator=HOST).reset()


TRAINING = [
    *(
        "train",
        "env=rmcat",
        "agent=ppo",
        "seed=1",
        "steps=512",
        "agent.n_steps=128",
        "agent.batch_size=64",
        "env.steps_per_episode=64",
    ),
    *("env.episodes_per_session=4", "evaluate_at_end=0"),
]


@pytest.mark.parametrize("more", [["agent.n_envs=1"], ["agent.n_envs=2"]], ids=["one", "two at once"])
def test_a_training_equals_the_one_here(sshd, tmp_path, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    for name, place in (("here", []), ("there", ["simulator.host=[localhost:2]"])):
        done = CliRunner().invoke(app, [*TRAINING, *more, *place, f"hydra.run.dir={name}"])
        assert done.exit_code == 0, done.output
    for table in ("steps.parquet", "stats.parquet", "delays.parquet"):
        here, there = (pd.read_parquet(tmp_path / name / "metrics" / table) for name in ("here", "there"))
        timeless = [column for column in here if "wall" not in column]
        pd.testing.assert_frame_equal(here[timeless], there[timeless])
    here, there = (zipfile.ZipFile(tmp_path / name / "model.zip").read("policy.pth") for name in ("here", "there"))
    assert here == there


def test_a_mistake_is_told_before_there_is_a_folder(sshd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sshd.client(Port="1")
    done = CliRunner().invoke(app, [*TRAINING, "simulator.host=[localhost:2]", "hydra.run.dir=run"])
    assert done.exit_code == 2 and "simulator.host: localhost: no session" in done.output + (done.stderr or "")
    assert not (tmp_path / "run").exists()


def test_doctor_compares_a_session_there_with_one_here(sshd):
    done = CliRunner().invoke(app, ["doctor", "simulator.host=[localhost:2]", "--json"])
    told = {finding["name"]: finding for finding in json.loads(done.output)}
    assert "answers after" in told["localhost"]["found"] and "cores" in told["localhost, machine"]["found"]
    assert told["localhost, session"]["ok"] and "ms a step" in told["localhost, session"]["found"]
    sshd.client(Port="1")
    done = CliRunner().invoke(app, ["doctor", "simulator.host=[localhost:2]", "--json"])
    assert done.exit_code == 1 and "no sshd listens there" in json.loads(done.output)[-1]["advice"]
