"""Frames: in pieces, too long, cut off."""

import os
from contextlib import suppress

import pytest

from netgym_cli.simulators.remote import wire


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    yield reading, writing
    for descriptor in (reading, writing):
        with suppress(OSError):  # the test may have closed it
            os.close(descriptor)


def test_frames_come_whole_however_they_are_cut(pipe):
    incoming = wire.Incoming(pipe[0])
    got = []
    for byte in wire.packed(b"abc") + wire.SIGN_OF_LIFE + wire.packed(b"d"):
        os.write(pipe[1], bytes([byte]))
        if (frame := incoming.read()) is not None:
            got.append(frame)
    assert got == [b"abc", b"", b"d"] and incoming.read() is None


def test_what_follows_a_frame_stays_in_the_descriptor(pipe):
    os.write(pipe[1], wire.packed(b"abc") + b"rest")
    assert wire.Incoming(pipe[0]).read() == b"abc" and os.read(pipe[0], 9) == b"rest"


def test_a_frame_of_4_gib_is_refused_before_any_of_it_is_kept(pipe):
    os.write(pipe[1], b"\xff\xff\xff\xff")
    with pytest.raises(wire.BrokenFrame, match="4294967295 bytes; allowed: up to 67108864"):
        wire.Incoming(pipe[0]).read()


@pytest.mark.parametrize("piece", [b"\0\0", b"\0\0\0\5ab"])
def test_an_end_within_a_frame_is_no_clean_one(pipe, piece):
    os.write(pipe[1], piece)
    os.close(pipe[1])
    with pytest.raises(wire.BrokenFrame, match="within a frame"):
        wire.Incoming(pipe[0]).read()


@pytest.mark.parametrize("body", [b"", b"[]", b"nul", b"[" * 100_000, b"1" * 5000, b"\xff"])
def test_json_that_is_no_object_is_a_broken_frame(body):
    with pytest.raises(wire.BrokenFrame):
        wire.content_of(b"Q" + body)


def test_what_a_full_pipe_does_not_take_waits(pipe):
    outgoing, sent, got = wire.Outgoing(pipe[1]), os.urandom(300_000), b""
    outgoing.write(sent)
    assert len(outgoing) > 0
    while len(got) < len(sent):
        got += os.read(pipe[0], 1 << 16)
        outgoing.flush()
    assert got == sent and len(outgoing) == 0
