"""The link against what queueing theory and its own definitions say."""

import math

import numpy as np
import pytest

from netgym_cli.channels.link_session import DRAWN
from netgym_cli.common.errors import ConfigError
from tests.support.channel_play import (
    assert_batch_equals_scalar,
    assert_reproducible,
    balanced,
    make,
    make_batch,
    play,
)

PLAIN = {"bandwidth_mbps": 8, "propagation_delay_ms": 5, "header_bytes": 0}  # 8 Mbit/s: a byte in 1 us
EVERYTHING = {
    "bandwidth_mbps": [0.5, 8], "propagation_delay_ms": [0, 90], "jitter_ms": [0, 30], "jitter_share": 0.2, "loss": 0.1,
    "duplication": [0.1, 0.5], "queue_bytes": 40_000,
}  # fmt: skip


def delays(channel, packets, gap_ms=1000.0, size=1000):
    """One-way delays of packets that do not meet, ms; NaN for those that are lost."""
    found = np.full(packets, math.nan)
    for packet in range(packets):
        channel.send(size, packet * gap_ms)
        for arrival in channel.advance((packet + 1) * gap_ms):
            found[arrival.packet] = arrival.arrived_ms - arrival.sent_ms
    return found


# --- rate and queue


def test_delay_is_serialisation_and_propagation():
    link = make("link", **{**PLAIN, "header_bytes": 28})
    link.reset(1)
    assert delays(link, 3, size=972) == pytest.approx([1 + 5] * 3)


def test_packets_wait_for_those_before_them():
    link = make("link", **PLAIN)
    link.reset(1)
    for size in (1000, 500, 2000):
        link.send(size, 0)
    assert link.info()["queue_bytes"] == 3500
    assert link.info()["state"] == "BUSY"
    told = link.advance(100)
    assert [arrival.arrived_ms for arrival in told] == pytest.approx([6, 6.5, 8.5])
    assert link.info()["queue_bytes"] == 0
    assert link.info()["state"] == "IDLE"


def test_the_queue_drains_while_time_passes():
    link = make("link", **PLAIN)
    link.reset(1)
    link.send(3000, 0)
    link.advance(1)
    assert link.info()["queue_bytes"] == 2000


@pytest.mark.parametrize("load", [0.3, 0.6, 0.85])
def test_delay_is_that_of_m_d_1(load):
    """Pollaczek-Khinchine for a service time D: the mean of waiting and service is D (1 + load / (2 (1 - load)))."""
    packets, service_ms = 1_000_000, 1.0
    link = make("link", **PLAIN, queue_bytes=None)
    link.reset(1)
    times = np.cumsum(np.random.default_rng(8).exponential(service_ms / load, packets)).tolist()
    total = number = 0
    for packet, now in enumerate(times):
        link.send(1000, now)
        if packet % 1000 == 999:
            told = link.advance(now)
            total += sum(one.arrived_ms - one.sent_ms for one in told)
            number += len(told)
    assert number > 0.999 * packets
    expected = service_ms * (1 + load / (2 * (1 - load)))
    assert total / number - 5 == pytest.approx(expected, rel=0.03)


def test_a_full_queue_drops_what_comes_last():
    link = make("link", **PLAIN, queue_bytes=10_000)
    link.reset(1)
    for _ in range(13):
        link.send(1000, 0)
    assert link.info()["dropped"] == link.info()["lost"] == 3
    assert [one.packet for one in link.advance(1000)] == list(range(10))
    link.send(1000, 1000)
    link.send(9001, 1000)  # one byte too many
    link.send(9000, 1000)
    assert [one.packet for one in link.advance(2000)] == [13, 15]
    assert balanced(link.info())


def test_what_is_left_of_the_packet_in_service_counts():
    link = make("link", **PLAIN, queue_bytes=10_000)
    link.reset(1)
    link.send(10_000, 0)
    link.send(1000, 0.998)  # 9002 bytes are left
    link.send(1000, 1.0)
    assert [one.packet for one in link.advance(100)] == [0, 2]


def test_an_overloaded_queue_stays_full_and_loses_the_rest():
    link = make("link", 1.0, **PLAIN, queue_bytes=20_000)  # 2000 bytes per ms come, 1000 leave
    link.reset(1)
    play(link, [2000] * 5000, 1.0)
    info = link.info()
    assert info["dropped"] / info["sent"] == pytest.approx(0.5, rel=0.01)
    assert 17_000 <= info["queue_bytes"] <= 20_000


def test_an_infinite_bandwidth_has_no_queue():
    link = make("link", **{**PLAIN, "bandwidth_mbps": None}, queue_bytes=10_000)
    link.reset(1)
    for _ in range(100):
        link.send(10_000, 0)
    assert {one.arrived_ms for one in link.advance(10)} == {5.0}
    assert link.info()["queue_bytes"] == 0


@pytest.mark.parametrize(("size", "queue"), [(973, 1000), (-1, 1000), (-1, None)])
def test_a_packet_that_no_queue_can_hold_is_refused(size, queue):
    link = make("link", queue_bytes=queue, header_bytes=28)
    link.reset(1)
    with pytest.raises(ConfigError, match=rf"a packet has {size} bytes; allowed: 0 "):
        link.send(size, 0)
    assert link.info()["sent"] == 0
    batch = make_batch("link", 2, queue_bytes=queue, header_bytes=28)
    batch.reset([1, 2])
    with pytest.raises(ConfigError, match=rf"a packet has {size} bytes; allowed: 0 "):
        batch.send(size, np.zeros(2))


# --- the wire


@pytest.mark.parametrize(
    ("kind", "mean", "deviation"),
    [("none", 50, 0), ("uniform", 50, 10 / math.sqrt(3)), ("normal", 50, 10), ("exponential", 60, 10)],
)
@pytest.mark.parametrize("share", [False, True])
def test_jitter_has_the_moments_of_its_distribution(kind, mean, deviation, share):
    scale = {"jitter_ms": 4, "jitter_share": 0.12} if share else {"jitter_ms": 10}
    link = make("link", bandwidth_mbps=None, propagation_delay_ms=50, jitter_distribution=kind, **scale)
    link.reset(2)
    found = delays(link, 40_000)
    assert found.mean() == pytest.approx(mean, abs=0.25)
    assert found.std() == pytest.approx(deviation, rel=0.02, abs=1e-9)
    assert link.info()["jitter_ms"] == (0 if kind == "none" else pytest.approx(10))
    if kind == "uniform":
        assert 40 <= found.min() < 40.1
        assert 59.9 < found.max() <= 60


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_no_delay_is_negative(kind):
    link = make("link", bandwidth_mbps=None, propagation_delay_ms=1, jitter_ms=10, jitter_distribution=kind)
    link.reset(2)
    found = delays(link, 2000)
    assert found.min() == 0
    assert 0.3 < (found == 0).mean() < 0.5


def test_losses_have_their_probability_and_used_the_link():
    link = make("link", **PLAIN, loss=0.2)
    link.reset(3)
    found = delays(link, 40_000)
    assert np.isnan(found).mean() == pytest.approx(0.2, abs=0.008)
    assert link.info()["dropped"] == 0
    link = make("link", **PLAIN, loss=1)
    link.reset(3)
    link.send(1000, 0)
    assert link.info()["queue_bytes"] == 1000


def test_duplicates_have_their_probability_and_count_nowhere_else():
    link = make("link", **PLAIN, duplication=0.3, jitter_ms=2)
    link.reset(4)
    told = play(link, [100] * 20_000)
    info = link.info()
    assert info["duplicates"] / 20_000 == pytest.approx(0.3, abs=0.015)
    assert (info["sent"], info["arrived"] + info["in_flight"], info["lost"]) == (20_000, 20_000, 0)
    assert sum(map(len, told)) == info["arrived"] + info["duplicates"]


def test_packets_overtake_each_other_only_where_they_may():
    jitter = {"propagation_delay_ms": 100, "jitter_ms": 90, "bandwidth_mbps": None, "duplication": 0.2}
    for reordering in (False, True):
        link = make("link", **jitter, reordering=reordering)
        link.reset(5)
        told = [one for step in play(link, [100] * 2000) for one in step]
        times, numbers = [one[2] for one in told], [one[0] for one in told]
        assert times == sorted(times)
        assert (numbers == sorted(numbers)) is not reordering


def test_a_delay_of_whole_steps_is_exact_whatever_the_step():
    for step_ms in (0.1, 1 / 3, 0.7):
        link = make("link", step_ms, bandwidth_mbps=None, propagation_delay_ms=3 * step_ms)
        link.reset(1)
        told = play(link, [1] * 3000, step_ms)
        assert [[one[0] for one in step] for step in told] == [[], [], [], *([step] for step in range(2997))]


# --- sessions


def test_ranges_are_drawn_per_session_and_kept_by_its_episodes():
    link = make("link", bandwidth_mbps=[1, 100], propagation_delay_ms=[10, 50], loss=[0, 0.5])
    drawn = []
    for seed in range(2000):
        link.reset(seed)
        drawn.append([link.info()[key] for key in ("bandwidth_mbps", "propagation_delay_ms", "loss")])
        link.reset()
        assert [link.info()[key] for key in ("bandwidth_mbps", "propagation_delay_ms", "loss")] == drawn[-1]
    rates, propagation, losses = np.array(drawn).T
    assert 1 <= rates.min() < 1.1
    assert 90 < rates.max() <= 100
    assert np.median(rates) == pytest.approx(10, rel=0.15)  # each doubling is as likely
    assert propagation.mean() == pytest.approx(30, abs=1)
    assert losses.mean() == pytest.approx(0.25, abs=0.015)
    assert abs(np.corrcoef(propagation, losses)[0, 1]) < 0.08


@pytest.mark.parametrize(
    ("name", "rate", "delay", "loss", "jitter"),
    [
        ("local", (8000, 80_000), (0.1, 1), (0, 0), 0.01),
        ("datacenter", (800, 8000), (0.5, 5), (1e-4, 1e-4), 0.05),
        ("wan", (80, 800), (10, 50), (1e-3, 1e-3), 0.1),
        ("mobile", (8, 80), (50, 200), (0.01, 0.01), 0.3),
        ("poor", (0.8, 8), (200, 1000), (0.05, 0.05), 0.5),
        ("cross_continental", (80, 800), (100, 500), (1e-3, 0.01), 0.2),
    ],
)
def test_presets_are_links_within_the_guides_ranges(name, rate, delay, loss, jitter):
    link = make(name)
    for seed in range(200):
        link.reset(seed)
        info = link.info()
        assert rate[0] <= info["bandwidth_mbps"] <= rate[1]
        assert delay[0] <= info["propagation_delay_ms"] <= delay[1]
        assert loss[0] <= info["loss"] <= loss[1]
        assert 0 < info["jitter_ms"] <= 1.0001 * jitter * info["propagation_delay_ms"]
    assert any(play(link, [100] * 100))


@pytest.mark.parametrize("name", ["link", "mobile", "poor"])
def test_equal_seeds_give_equal_arrivals(name):
    assert_reproducible(name, jitter_ms=3, loss=0.1)


@pytest.mark.parametrize("kind", ["none", "uniform", "normal", "exponential"])
@pytest.mark.parametrize("reordering", [False, True])
def test_a_batch_is_bit_equal(kind, reordering):
    assert_batch_equals_scalar("link", **EVERYTHING, jitter_distribution=kind, reordering=reordering)


@pytest.mark.parametrize(
    "keys",
    [{}, {"bandwidth_mbps": None}, {"queue_bytes": None, "bandwidth_mbps": 2.5}, {"loss": 0.2, "jitter_ms": 40}],
)
def test_a_batch_of_simple_links_is_bit_equal(keys):
    assert_batch_equals_scalar("link", steps=300, **keys)


# --- bad values


@pytest.mark.parametrize("key", DRAWN)
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "fast", True, [1], [0.5, 0.2], [0.1, 0.2, 0.3], [0.1, -1]])
def test_bad_ranges_are_told_with_what_is_allowed(key, value):
    with pytest.raises(ConfigError, match=rf"channel\.{key} is .*; allowed: a number or a range \[low, high\]"):
        make("link", **{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [("loss", 1.1), ("bandwidth_mbps", 0), ("duplication", [0, 2]), ("jitter_distribution", "gamma"),
     ("queue_bytes", 0), ("header_bytes", -1), ("loss", None)],
)  # fmt: skip
def test_bad_values_are_told_with_what_is_allowed(key, value):
    with pytest.raises(ConfigError, match=rf"channel\.{key} is .*; allowed: "):
        make("link", **{key: value})


def test_a_packet_size_that_the_queue_cannot_hold_is_told():
    with pytest.raises(ConfigError, match="a packet has 2000 bytes; allowed: 0 to 972"):
        make("link", packet_size_bytes=2000, queue_bytes=1000)
