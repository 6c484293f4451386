"""What the tests of channels share: packets played through a channel, alone and in a batch."""

import subprocess
import sys

import numpy as np

from netgym_cli.channels.base import channel_registry
from netgym_cli.wrappers.channel_configs import channel_config
from tests.conftest import REPO


def make(name, step_ms=20.0, **keys):
    """A channel of conf/channel/`name`.yaml, not reset yet."""
    config = channel_config(name, **keys)
    return channel_registry.load(config.name)(config, step_ms)


def make_batch(name, copies, step_ms=20.0, **keys):
    config = channel_config(name, **keys)
    return channel_registry.load(config.name).batch(config, step_ms, copies)


def balanced(info):
    """Sent = arrived + lost + in flight, for one channel or for each copy of a batch."""
    return np.all(info["sent"] == info["arrived"] + info["lost"] + info["in_flight"]) and np.all(info["in_flight"] >= 0)


def play(channel, sizes, step_ms=20.0, first=0):
    """Sends a packet of each size at the begin of a step; what arrived in each step, as (number, sent, arrived)."""
    told = []
    for step, size in enumerate(sizes, start=first):
        channel.send(size, step * step_ms)
        assert balanced(channel.info())
        told.append([(a.packet, a.sent_ms, a.arrived_ms) for a in channel.advance((step + 1) * step_ms)])
        assert balanced(channel.info())
    return told


def assert_batch_equals_scalar(name, steps=700, copies=5, step_ms=20.0, **keys):
    """Every copy tells what the channel of its seed tells, through episodes that end at different times."""
    seeds = [11 * copy + 3 for copy in range(copies)]
    batch = make_batch(name, copies, step_ms, **keys)
    channels = [make(name, step_ms, **keys) for _ in seeds]
    batch.reset(seeds)
    for channel, seed in zip(channels, seeds, strict=True):
        channel.reset(seed)
    random = np.random.default_rng(1)
    slot, arrived = np.zeros(copies, np.int64), 0
    for _ in range(steps):
        size = int(random.integers(0, 5000))
        batch.send(size, slot * step_ms)
        told = batch.advance((slot + 1) * step_ms)
        info = batch.info()
        arrived += len(told.copies)
        for copy, channel in enumerate(channels):
            own = told.copies == copy
            columns = (column[own].tolist() for column in (told.packets, told.sent_ms, told.arrived_ms))
            channel.send(size, int(slot[copy]) * step_ms)
            alone = [(a.packet, a.sent_ms, a.arrived_ms) for a in channel.advance((int(slot[copy]) + 1) * step_ms)]
            assert sorted(zip(*columns, strict=True)) == sorted(alone)
            assert {key: value[copy] for key, value in info.items()} == channel.info()
        slot += 1
        over = np.flatnonzero(random.random(copies) < 0.01)
        batch.restart(over)
        slot[over] = 0
        for copy in over:
            channels[copy].reset()
    assert arrived > 0.5 * steps * copies
    batch.reset(seeds)
    batch.send(100, np.zeros(copies))
    again = batch.advance(np.full(copies, 1e9))
    channels[0].reset(seeds[0])
    channels[0].send(100, 0)
    assert [a.arrived_ms for a in channels[0].advance(1e9)] == sorted(again.arrived_ms[again.copies == 0].tolist())


def told_by_a_fresh_process(name, seed, sizes, **keys):
    """What `play` returns there, as text."""
    code = (
        "from tests.support.channel_play import make, play\n"
        f"channel = make({name!r}, **{keys!r})\nchannel.reset({seed})\nprint(play(channel, {sizes!r}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPO)
    return run.stdout.strip()


def assert_reproducible(name, **keys):
    """Equal seeds give equal arrivals, at once, after other packets and in another process; other seeds others."""
    sizes = [100 + 13 * step % 900 for step in range(600)]
    channel = make(name, **keys)
    channel.reset(5)
    told = play(channel, sizes)
    more = play_again(channel, sizes)
    channel.reset(5)
    assert play(channel, sizes) == told
    assert play_again(channel, sizes) == more != told
    channel.reset(6)
    assert play(channel, sizes) != told
    assert told_by_a_fresh_process(name, 5, sizes, **keys) == str(told)


def play_again(channel, sizes):
    """The next episode of the session."""
    channel.reset()
    return play(channel, sizes)
