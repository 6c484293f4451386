"""`simulator.host` and `simulator.command`: what they may be, and what is started for them."""

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.foreign import code_in
from netgym_cli.simulators.remote.destinations import destinations

VIA = ["ssh", "{host}", "/opt/netgym", "relay"]


def test_hosts_have_names_and_places():
    found = destinations(["bigbox:16", "me@other"], None)
    assert [(place.name, place.places) for place in found] == [("bigbox", 16), ("me@other", None)]
    assert destinations(None, None) == ()


def test_ssh_never_asks_and_always_checks_the_host_key(tmp_path):
    words = destinations(["me@other:2"], None)[0].words(0)
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "ServerAliveInterval=5", "ControlMaster=auto"} <= set(words)
    assert words[-4:] == ["--", "me@other", "netgym", "relay"]


def test_a_connection_of_ssh_carries_no_more_sessions_than_sshd_takes():
    (place,) = destinations(["bigbox:16"], None)
    paths = [next(word for word in place.words(number) if "ControlPath" in word) for number in range(16)]
    assert len(set(paths)) == 2 and paths[0] == paths[7] != paths[8]


def test_a_command_stands_for_ssh():
    assert destinations(None, ["srun", "netgym", "relay"])[0].words(3) == ["srun", "netgym", "relay"]
    assert destinations(["a:1", "b:2"], VIA)[1].words(0) == ["ssh", "b", "/opt/netgym", "relay"]


@pytest.mark.parametrize(
    "host, command, words",
    [
        (["bigbox:0"], None, "simulator.host has 'bigbox:0'; allowed: .*1 to 10000 places"),
        (["bigbox:many"], None, "'bigbox:many'"),
        (["-oProxyCommand=reboot"], None, "'-oProxyCommand=reboot'"),
        (["a b"], None, "'a b'"),
        ([], None, r"simulator.host is \[\]"),
        (None, [], r"simulator.command is \[\]"),
        (None, VIA, "names no host to put there"),
        (["a"], ["ssh", "a", "netgym", "relay"], "the command has no {host}"),
    ],
)
def test_what_they_may_not_be(host, command, words):
    with pytest.raises(ConfigError, match=words):
        destinations(host, command)


def test_both_are_code_in_a_config_of_others():
    assert code_in({"simulator": {"host": ["a:1"]}}) and code_in({"simulator": {"command": ["sh", "-c", "x"]}})
    assert not code_in({"simulator": {"host": None, "command": None}})
