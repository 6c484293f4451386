"""The Gilbert-Elliott channel against its closed forms.

With the stationary share of the bad state b = p_gb / (p_gb + p_bg) and g = 1 - b, the loss rate is
P(L) = g loss_good + b loss_bad, two losses in a row have P(LL) = pi D P D 1 with D = diag(loss_good, loss_bad), and the
mean length of a run of losses is P(L) / (P(L) - P(LL)).
"""

import math

import numpy as np
import pytest

from netgym_cli.common.errors import ConfigError
from tests.support.channel_play import (
    assert_batch_equals_scalar,
    assert_reproducible,
    balanced,
    make,
    make_batch,
    play,
)

SETS = [(0.1, 0.3, 0.01, 0.2), (0.1, 0.3, 0, 1), (0.01, 0.05, 0, 0.9), (0.05, 0.4, 0.02, 0.3), (0.5, 0.5, 0.1, 0.6)]
KEYS = ("p_gb", "p_bg", "loss_good", "loss_bad")
SURE = {"p_gb": 0, "p_bg": 1, "loss_good": 0, "loss_bad": 1}


def closed_form(p_gb, p_bg, loss_good, loss_bad):
    """Loss rate and mean length of a run of losses."""
    bad = p_gb / (p_gb + p_bg)
    share, lose = np.array([1 - bad, bad]), np.diag([loss_good, loss_bad])
    move = np.array([[1 - p_gb, p_gb], [p_bg, 1 - p_bg]])
    one = float(share @ lose @ np.ones(2))
    two = float(share @ lose @ move @ lose @ np.ones(2))
    return one, one / (one - two)


def statistics(lost):
    """The same of a record of shape (packets, copies), begun anywhere in a run."""
    begun = lost[1:] & ~lost[:-1]
    return lost[1:].mean(), lost[1:].sum() / begun.sum()


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize(("packets", "precision"), [(400, 0.03), pytest.param(4000, 0.01, marks=pytest.mark.long)])
def test_loss_rate_and_burst_length_are_the_closed_forms(values, packets, precision):
    copies = 4000
    batch = make_batch("gilbert_elliott", copies, start="stationary", **dict(zip(KEYS, values, strict=True)))
    batch.reset(range(copies))
    lost = np.ones((packets, copies), bool)
    for step in range(packets):
        batch.send(100, np.full(copies, step * 20.0))
        lost[step, batch.advance(np.full(copies, (step + 1) * 20.0)).copies] = False
    assert statistics(lost) == pytest.approx(closed_form(*values), rel=precision)


def test_one_channel_has_them_too():
    values = (0.1, 0.3, 0, 1)
    channel = make("gilbert_elliott", **dict(zip(KEYS, values, strict=True)))
    channel.reset(1)
    lost = np.ones((1_000_000, 1), bool)
    for step in range(len(lost)):
        channel.send(100, step * 20.0)
        for arrival in channel.advance((step + 1) * 20.0):
            lost[arrival.packet] = False
    assert balanced(channel.info())
    assert channel.info()["lost"] == lost.sum()
    assert statistics(lost) == pytest.approx(closed_form(*values), rel=0.01)


def test_the_state_moves_before_the_loss_is_drawn():
    channel = make("gilbert_elliott", p_gb=1, p_bg=1, loss_good=0, loss_bad=1)
    channel.reset(1)
    assert channel.info()["state"] == "GOOD"
    arrived = [bool(told) for told in play(channel, [1] * 6)]
    assert arrived == [False, True] * 3
    assert channel.info()["state"] == "GOOD"
    channel.send(1, 120)
    assert channel.info()["state"] == "BAD"


@pytest.mark.parametrize(("start", "share"), [("good", 0.1), ("stationary", 0.25)])
def test_the_first_packet_of_each_episode_meets_the_bad_state_as_often_as_the_start_says(start, share):
    channel = make("gilbert_elliott", p_gb=0.1, p_bg=0.3, loss_good=0, loss_bad=1, start=start)
    channel.reset(3)
    bad = 0
    for _ in range(20_000):
        channel.reset()
        channel.send(1, 0)
        bad += channel.info()["state"] == "BAD"
    assert bad / 20_000 == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 20_000))


def test_a_chain_that_never_moves_starts_good():
    channel = make("gilbert_elliott", p_gb=0, p_bg=0, loss_good=0, loss_bad=1, start="stationary")
    channel.reset(1)
    assert all(play(channel, [1] * 100))


@pytest.mark.parametrize("step_ms", [0.1, 1 / 3, 0.7, 20.0, 1e-4, 12345.678])
@pytest.mark.parametrize("delay_steps", [0, 1, 3, 7, 1000])
def test_a_delay_is_exact_whatever_the_step(step_ms, delay_steps):
    channel = make("gilbert_elliott", step_ms, delay_steps=delay_steps, **SURE)
    channel.reset(1)
    told = play(channel, [1] * 3000, step_ms)
    assert [[packet for packet, *_ in step] for step in told] == [
        [] if step < delay_steps else [step - delay_steps] for step in range(3000)
    ]
    assert all(arrived == sent + delay_steps * step_ms for step in told for _, sent, arrived in step)
    first = 10_000_000
    channel.reset()
    told = play(channel, [1] * (delay_steps + 50), step_ms, first)
    assert [len(step) for step in told] == [0] * delay_steps + [1] * 50


def test_packets_between_steps_arrive_before_the_time_and_not_at_it():
    channel = make("gilbert_elliott", 10.0, delay_steps=2, **SURE)
    channel.reset(1)
    channel.send(1, 3.5)
    assert channel.advance(23.5) == []
    assert channel.info()["in_flight"] == channel.info()["pending_count"] == 1
    assert [arrival.arrived_ms for arrival in channel.advance(23.6)] == [23.5]


def test_a_reset_empties_the_channel():
    channel = make("gilbert_elliott", delay_steps=5, **SURE)
    channel.reset(1)
    play(channel, [1] * 4)
    channel.reset()
    assert channel.advance(1e6) == []
    info = channel.info()
    assert (info["sent"], info["arrived"], info["lost"], info["in_flight"]) == (0, 0, 0, 0)
    assert channel.send(1, 0) == 0


def test_info_repeats_the_config():
    channel = make("gilbert_elliott", delay_steps=2)
    channel.reset(1)
    assert {key: channel.info()[key] for key in (*KEYS, "delay_steps")} == {
        "p_gb": 0.1, "p_bg": 0.3, "loss_good": 0.01, "loss_bad": 0.2, "delay_steps": 2,
    }  # fmt: skip


def test_equal_seeds_give_equal_arrivals():
    assert_reproducible("gilbert_elliott", loss_bad=0.9, delay_steps=1)


def test_without_a_seed_two_channels_differ():
    one, other = make("gilbert_elliott", loss_bad=1), make("gilbert_elliott", loss_bad=1)
    one.reset()
    other.reset()
    assert play(one, [1] * 500) != play(other, [1] * 500)


@pytest.mark.parametrize("keys", [{}, {"delay_steps": 3, "loss_bad": 0.9}, {"start": "stationary", "loss_good": 0.3}])
@pytest.mark.parametrize("step_ms", [20.0, 0.1])
def test_a_batch_is_bit_equal(keys, step_ms):
    assert_batch_equals_scalar("gilbert_elliott", step_ms=step_ms, **keys)


@pytest.mark.parametrize("copies", [1, 7, 8, 9, 33])
def test_a_batch_of_any_size_is_bit_equal(copies):
    assert_batch_equals_scalar("gilbert_elliott", steps=30, copies=copies)


@pytest.mark.parametrize(
    ("key", "value"),
    [*((key, value) for key in KEYS for value in (-0.1, 1.1, math.nan)), ("delay_steps", -1), ("start", "bad")],
)
def test_bad_values_are_told_with_what_is_allowed(key, value):
    with pytest.raises(ConfigError, match=rf"channel\.{key} is .*; allowed: "):
        make("gilbert_elliott", **{key: value})
