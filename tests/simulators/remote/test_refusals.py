"""Commands behind which there is no relay: each is told with its host, the cause and the next step."""

import os
import socket
import sys
from dataclasses import replace

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.simulators.ns3 import connection
from netgym_cli.simulators.remote import daemon, handshake
from netgym_cli.simulators.remote.destinations import Destination
from netgym_cli.simulators.remote.identity import identity, refusal
from netgym_cli.simulators.remote.own_folder import own_folder
from netgym_cli.simulators.remote.troubles import HostError, no_relay
from netgym_cli.simulators.selection import default_settings
from tests.support.relays import RELAY, session, sockets_of_its_own

BIGBOX = Destination("me@bigbox", None, 2)


@pytest.fixture(autouse=True)
def sockets():
    with sockets_of_its_own() as folder:
        yield folder


@pytest.mark.parametrize(
    "said, words",
    [
        ("me@bigbox: Permission denied (publickey).", "no key of yours is accepted there: `ssh me@bigbox`"),
        ("connect to host bigbox port 22: Connection refused", "Connection refused.*no sshd listens there"),
        ("connect to host bigbox port 22: No route to host", "is it switched on"),
        ("connect to host bigbox port 22: Connection timed out", "is it switched on"),
        ("Host key verification failed.", "log in once by `ssh me@bigbox` and compare the fingerprint"),
        (
            "@  WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!  @\nHost key verification failed.",
            "ssh-keygen -R bigbox",
        ),
        ("ssh: Could not resolve hostname bigbox: Name or service not known", "there is no such name"),
        ("bash: line 1: netgym: command not found", r"simulator.command=\[ssh, me@bigbox, /PATH/TO/netgym, relay\]"),
        ("sh: 1: netgym: not found", "netgym is not there"),
        ("No such command 'relay'.", "netgym there is too old"),
        ("something else", "`ssh me@bigbox netgym relay` shows by hand"),
    ],
)
def test_what_ssh_says_is_told_with_the_next_step(said, words):
    told = str(no_relay(BIGBOX, said, "ssh ended with exit status 255"))
    assert told.startswith("me@bigbox: no session, ssh ended with exit status 255: ")
    with pytest.raises(HostError, match=f"(?s){words}"):
        raise no_relay(BIGBOX, said, "ssh ended with exit status 255")


@pytest.mark.parametrize(
    "command, words",
    [
        (["sh", "-c", "echo Welcome to bigbox; sleep 9"], r"stdout began with 'Welcome to bigbox'.*`\[ -t 1 \] &&`"),
        (["sh", "-c", "echo no home >&2; exit 3"], "sh ended with exit status 3: no home"),
        (["sh", "-c", "kill -9 $$"], "sh was killed by SIGKILL"),
        (["no-such-program"], "no-such-program: No such file or directory.*correct simulator.command"),
        ([sys.executable, "-c", "import no_netgym"], "No module named.*netgym is not there"),
    ],
)
def test_a_command_without_a_relay(command, words):
    with pytest.raises(HostError, match=f"(?s){words}"):
        session(command).reset()
    config = replace(default_settings("ns3"), command=command)
    with pytest.raises(ConfigError, match=f"(?s)^simulator.*{words}"):  # before a run
        connection.check(config, None)


def test_a_command_that_says_nothing_is_given_up():
    with pytest.raises(HostError, match=r"sleep.*no answer within 0.3 s.*`sleep 60` shows by hand"):
        session(["sleep", "60"], simulator={"start_timeout_s": 0.3}).reset()


@pytest.mark.parametrize(
    "there, words",
    [
        ({"netgym": "0.0.9"}, "netgym is 0.0.9 on bigbox and .* here.*-m pip install 'netgym=="),
        ({"ns3": "3.43"}, r"ns-3 \(wheel\) is 3.43 on bigbox"),
        ({"sources": "123"}, "its simulator's sources differ: 123 on bigbox.*Install both from the same sources"),
        ({"protocol": 0}, "the protocol of netgym relay is 0 on bigbox"),
        ({"netgym": None}, "netgym is None on bigbox"),
    ],
)
def test_another_version_is_refused_with_both_named(there, words):
    assert refusal(identity(), identity(), "bigbox") is None
    with pytest.raises(HostError, match=words):
        raise HostError("bigbox", refusal(identity(), identity() | there, "bigbox") or "")


def test_another_version_is_told_before_a_run(monkeypatch):
    monkeypatch.setattr(handshake, "identity", lambda: identity() | {"netgym": "99.0"})
    config = replace(default_settings("ns3"), command=RELAY)
    with pytest.raises(ConfigError, match=r"netgym is .* on .* and 99.0 here; both must be the same"):
        connection.check(config, None)


def test_a_folder_of_ns3_there_is_not_the_wheel_s():
    assert refusal(identity(), identity() | {"ns3": "3.43"}, "bigbox", own_ns3=True) is None


def test_more_sessions_than_places_are_refused_here_at_once():
    env = session(["sleep", "60", "{host}"], simulator={"host": ["a:1"], "start_timeout_s": 0.2})
    place = connection.sites(env.unwrapped.simulator_config)
    place._taken[place._destinations[0]].add(0)
    with pytest.raises(HostError, match=r"a: no place is free: all 1 are taken .* lower agent.n_envs"):
        env.reset()


def test_the_socket_is_the_user_s_alone(sockets, monkeypatch):
    assert own_folder() == sockets / "netgym" and (sockets / "netgym").stat().st_mode & 0o777 == 0o700
    (sockets / "netgym").chmod(0o750)
    with pytest.raises(ConfigError, match=r"is open to others \(mode 750\)"):
        daemon.socket_path()
    (sockets / "netgym").rmdir()
    (sockets / "netgym").symlink_to("/tmp")
    with pytest.raises(ConfigError, match="is no folder"):
        daemon.socket_path()
    sockets.chmod(0o755)  # a runtime folder that others may enter is not used
    assert own_folder().name == f"netgym-{os.geteuid()}"


def test_another_user_s_socket_is_not_spoken_to(monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(daemon.socket_path()))
        listener.listen()
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        monkeypatch.setattr(daemon, "socket_path", lambda: listener.getsockname())
        with pytest.raises(ConfigError, match="is served by another user; remove it"):
            daemon.reached()
