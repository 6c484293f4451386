"""What a broken or malicious peer sends ends its own session, and nothing else."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest

from netgym_cli.common.errors import SimulatorDied
from netgym_cli.simulators.ns3.worker import protocol
from netgym_cli.simulators.remote import daemon, wire
from netgym_cli.simulators.remote.answers import Answers
from netgym_cli.simulators.remote.identity import identity
from netgym_cli.simulators.remote.troubles import HostError
from tests.support.relays import RELAY, ended, session, sockets_of_its_own

REQUEST = {"do": "session", "ns3_prefix": None, "malloc": "auto", "timeout_s": 60, "places": None, "client": "test"}
BOMB = b"[" * 1_000_000


@pytest.fixture(autouse=True)
def sockets():
    with sockets_of_its_own() as folder:
        yield folder


@contextmanager
def relay():
    """A relay, and what it is told by hand."""
    with subprocess.Popen(RELAY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.read(len(wire.MAGIC)) == wire.MAGIC
        assert next_frame(process)[:1] == wire.GREETING
        yield process


def next_frame(process):
    frame = b""
    while not frame:  # signs of life are passed over
        (size,) = wire.LENGTH.unpack(process.stdout.read(wire.LENGTH.size))
        frame = process.stdout.read(size)
    return frame


def tell(process, data):
    process.stdin.write(data)
    process.stdin.flush()


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\0\0", marks=LONG),
        b"\xff\xff\xff\xff",
        wire.packed(b"Q" + BOMB),
        pytest.param(wire.packed(b"Q[]"), marks=LONG),
        pytest.param(wire.packed(protocol.START + b"{}"), marks=LONG),
        pytest.param(wire.packed(b"\0"), marks=LONG),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", marks=LONG),
    ],
    ids=["half a length", "4 GiB", "JSON bomb", "no object", "no request", "no kind", "HTTP"],
)
def test_a_relay_ends_with_what_is_no_frame(data):
    with relay() as process:
        tell(process, data)
        process.stdin.close()
        assert process.wait(20) == 0 and process.stdout.read() == b""
    assert daemon.status() is None


@LONG
def test_a_request_that_is_none_is_refused_in_words():
    sent = {"name": "../x.py", "text": "", "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    for request, words in (
        ({"do": "session"}, "KeyError"),
        (REQUEST | {"source": sent}, "a scenario file is called '../x.py'"),
        (REQUEST | {"source": sent | {"name": "x.py", "text": "1"}}, "did not arrive whole"),
        (REQUEST | {"source": 7}, "TypeError"),
    ):
        with relay() as process:
            tell(process, wire.packed_json(wire.REQUEST, request))
            frame = next_frame(process)
            assert frame[:1] == wire.REFUSED and words in frame.decode()
            process.stdin.close()


def test_text_on_stdout_after_the_greeting_is_no_frame():
    program = "import sys; sys.stdout.buffer.write({!r} + b'Segmentation fault'); sys.stdout.flush(); sys.stdin.read()"
    command = [sys.executable, "-c", program.format(wire.MAGIC + wire.packed_json(wire.GREETING, identity()))]
    with pytest.raises(HostError, match="a frame of 1399154541 bytes; allowed: up to 67108864"):
        session(command).reset()


FAR_END = """
import os, sys
from netgym_cli.simulators.remote import wire
from netgym_cli.simulators.remote.identity import identity
out = os.dup(1)
os.write(out, wire.MAGIC + wire.packed_json(wire.GREETING, identity()) + wire.packed_json(wire.READY, {"pid": 1}))
os.write(out, wire.packed(b"l" + b"[" * 60000))
while b"\\0\\0\\0\\1c" not in (data := os.read(0, 1 << 16)) and data:
    pass
"""


LAYOUT = protocol.LAYOUT + b'{"layout": "a\\tb\\tc\\t1", "start": 1}'


@pytest.mark.parametrize(
    "frame",
    [
        protocol.LAYOUT + BOMB,
        protocol.LAYOUT + b"[]",
        protocol.LAYOUT + b'{"layout": 7, "start": 1}',
        protocol.LAYOUT + b'{"layout": "a", "start": 1}',
        protocol.FAILURE + b'{"message": {}}',
        protocol.STATS + bytes(23),
        protocol.STATS + bytes(16),
        protocol.STATS + bytes(32),
        protocol.STATS + np.array([np.nan, 0, 0]).tobytes(),
        protocol.STEP,
        b"?",
    ],
)
def test_an_answer_that_no_worker_gives_is_a_broken_frame(frame):
    answers = Answers()
    with pytest.raises(wire.BrokenFrame):
        answers.check(protocol.STATS + bytes(24))  # before the layout
    answers.check(LAYOUT)
    answers.check(protocol.STATS + bytes(24))
    with pytest.raises(wire.BrokenFrame):
        answers.check(frame)


def test_a_far_side_that_lies_is_an_error_of_its_session():
    env = session([sys.executable, "-c", FAR_END],
                  simulator={"recover": False})  # fmt: skip
    with pytest.raises(SimulatorDied, match=r"the connection to python was lost \(a frame of kind b'l' holds no JSON"):
        env.reset()
    assert not env.unwrapped.running


@pytest.mark.ns3
@pytest.mark.long
@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        b"\0\0\0\5a",
        wire.packed(b"?"),
        wire.packed(protocol.STEP + b"1234567"),
        wire.packed(protocol.START + BOMB),
        wire.packed(protocol.START + b"{}"),
        wire.packed(wire.REQUEST + json.dumps(REQUEST).encode()),
    ],
)
def test_one_session_s_broken_frames_leave_the_others_alone(data):
    other = session(RELAY)
    other.reset(seed=7)
    with relay() as process:
        tell(process, wire.packed_json(wire.REQUEST, REQUEST))
        assert next_frame(process)[:1] == wire.READY
        tell(process, data)
        process.stdin.close()
        assert process.wait(20) == 0
    (told,) = daemon.status()["sessions"]
    assert told["pid"] == daemon.status()["sessions"][0]["pid"]
    other.step(None)
    other.close()


@pytest.mark.ns3
@pytest.mark.long
def test_silence_ends_both_sides(monkeypatch):
    env = session(RELAY, simulator={"recover": False})
    env.reset()
    (told,) = daemon.status()["sessions"]
    pid = env.unwrapped._simulator._worker._line._process.pid
    os.kill(pid, signal.SIGSTOP)  # as if the cable had been cut: no byte, no end
    began = time.monotonic()
    with pytest.raises(SimulatorDied, match=r"was lost \(no sign of life for 15 s\)"):
        env.step(None)
    assert time.monotonic() - began < 20 and ended([pid, told["pid"]], 30)


@pytest.mark.ns3
@pytest.mark.long
def test_a_trainer_that_is_silent_loses_its_worker():
    with relay() as process:
        tell(process, wire.packed_json(wire.REQUEST, REQUEST))
        assert next_frame(process)[:1] == wire.READY
        (told,) = daemon.status()["sessions"]
        assert process.wait(40) == 0 and ended([told["pid"]])


@LONG
def test_the_daemon_survives_what_is_no_request():
    with relay() as process:
        tell(process, wire.packed_json(wire.REQUEST, REQUEST | {"do": "nothing"}))
        process.stdin.close()
        process.wait(20)
    for message in (b"x", b"[" * 50_000, b"[]", b'{"do": "session"}', b'{"do": 1}'):
        peer = daemon.reached()
        with peer:
            peer.send(message)
            peer.settimeout(20)
            peer.recv(1 << 16)
    assert daemon.status()["sessions"] == []


def test_nothing_listens_on_tcp():
    def listening():
        with open("/proc/net/tcp") as table, open("/proc/net/tcp6") as more:
            lines = [line.split() for line in [*table, *more]]
        return {(line[1], line[9]) for line in lines if line[3] == "0A"}

    before = listening()
    peer = daemon.started()
    assert peer.family == socket.AF_UNIX and daemon.socket_path().stat().st_mode & 0o777 == 0o600
    assert listening() <= before
    peer.close()
