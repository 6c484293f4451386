"""Slices on the real LTE cell: dedicated groups stay idle, prioritized ones are lent, shared ones have a limit."""

import numpy as np
import pytest

from netgym_cli import make_env
from netgym_cli.common.errors import ActionError, ConfigError
from netgym_cli.envs.multi_access.config import RBG_NUM

FULL_MBPS = 40.0  # more than the whole carrier of 50 resource blocks carries


def cell(rates_mbps=(FULL_MBPS, FULL_MBPS), sliced="dedicated", blocks=50, shared=25, **slices):
    """Two slices of one user each, standing side by side under the base station without fading."""
    rates = list(rates_mbps)
    return make_env(
        "network_slicing",
        seed=1,
        steps_per_episode=500,
        sliced_rbg=sliced,
        user_location_range={"min_x_m": 40, "max_x_m": 40, "min_y_m": 5, "max_y_m": 5},
        user_random_walk={"min_speed_mps": 0, "max_speed_mps": 0},
        lte={"resource_block_num": blocks, "fading_coherence_ms": 0},
        per_slice_config={
            "num_users": [1] * len(rates),
            "dedicated_rbg": [0] * len(rates),
            "prioritized_rbg": [0] * len(rates),
            "shared_rbg": [shared] * len(rates),
            "udp_rate_swing": [0] * len(rates),
            "udp_poisson_arrival": [False] * len(rates),
            "min_udp_rate_per_user_mbps": rates,
            "max_udp_rate_per_user_mbps": rates,
            **slices,
        },
    )


def rates(env, groups, steps=12):
    """Mean rate of each slice, Mbit/s, once the queues have settled under an action that asks for these groups."""
    if not env.running:
        env.reset()
    action = None if groups is None else np.array(groups) / env.adapter.config.num_groups
    measured = []
    for _ in range(steps):
        env.step(action)
        measured.append(env.adapter.feature(env.stats, "gma::dl::cell::rate"))
    return np.mean(measured[steps // 2 :], axis=0)


def settled(groups, *args, **keys):
    """The rates in a cell of their own."""
    env = cell(*args, **keys)
    found = rates(env, groups)
    env.close()
    return found


def in_force(env, kind):
    return env.adapter.feature(env.stats, f"lte::dl::cell::{kind}_rbg").tolist()


@pytest.mark.ns3
@pytest.mark.parametrize("groups", [(4, 12), (12, 4), (8, 8)])
def test_saturated_slices_share_the_rate_as_their_dedicated_groups(groups):
    env = cell()
    first, second = rates(env, groups)
    assert in_force(env, "dedicated") == list(groups)
    assert first / second == pytest.approx(groups[0] / groups[1], rel=0.05)
    env.close()


@pytest.mark.ns3
def test_idle_prioritized_groups_are_lent_and_idle_dedicated_ones_are_not():
    whole = settled((0, 0), (0.1, FULL_MBPS))[1]
    lent = settled((12, 4), (0.1, FULL_MBPS), "prioritized")[1]
    kept = settled((12, 4), (0.1, FULL_MBPS), "dedicated")[1]
    assert lent > 0.9 * whole
    assert kept == pytest.approx(4 / 16 * whole, rel=0.05)


@pytest.mark.ns3
def test_a_slice_gets_its_prioritized_groups_when_it_needs_them():
    env = cell(sliced="prioritized")
    first, second = rates(env, (12, 4))
    assert first / second == pytest.approx(12 / 4, rel=0.05)
    env.close()


@pytest.mark.ns3
def test_shared_groups_are_the_most_that_a_slice_takes_beyond_its_own():
    alone = settled((0, 0), (FULL_MBPS, 0.1))[0]
    limited = settled((0, 0), (FULL_MBPS, 0.1), shared=3)[0]
    assert limited == pytest.approx(3 / 16 * alone, rel=0.05)
    both = settled((0, 0), shared=8)
    assert both.sum() == pytest.approx(alone, rel=0.1), "two halves of the common groups are the whole"


@pytest.mark.ns3
@pytest.mark.parametrize("blocks", RBG_NUM)
def test_groups_are_counted_right_for_every_bandwidth(blocks):
    env = cell((100.0, 100.0), blocks=blocks)
    groups = RBG_NUM[blocks]
    own = (groups // 3, groups - groups // 3)
    first, second = rates(env, own)
    assert first / second == pytest.approx(own[0] / own[1], rel=0.08)
    usage = env.adapter.feature(env.stats, "lte::dl::cell::rb_usage")
    assert usage.sum() == pytest.approx(100, abs=1)
    assert usage[0] == pytest.approx(100 * own[0] / groups, abs=1)
    env.close()


@pytest.mark.ns3
def test_the_empty_action_returns_to_the_configured_groups():
    env = cell(prioritized_rbg=[10, 2])
    rates(env, None, 2)
    assert in_force(env, "prioritized") == [10, 2]
    rates(env, (4, 12), 2)
    assert (in_force(env, "dedicated"), in_force(env, "prioritized")) == ([4, 12], [0, 0])
    rates(env, None, 2)
    assert (in_force(env, "dedicated"), in_force(env, "prioritized")) == ([0, 0], [10, 2])
    env.close()


def test_no_action_can_ask_for_more_groups_than_there_are():
    adapter = cell().adapter
    rng = np.random.default_rng(0)
    for _ in range(300):
        shares = rng.random(3) ** rng.integers(1, 5)
        groups = adapter.groups(shares)
        wanted = shares / max(shares.sum(), 1) * 16
        assert groups.sum() == round(min(shares.sum(), 1) * 16)
        assert (abs(groups - wanted) < 1).all() and (groups >= 0).all()
    assert adapter.groups(np.zeros(3)).tolist() == [0, 0, 0]


@pytest.mark.ns3
def test_slices_are_measured_as_the_sum_of_their_users():
    env = make_env("network_slicing", seed=2)
    env.reset()
    for _ in range(3):
        env.step([0.4, 0.6])
    stats, of_slice = env.stats, env.stats["lte::slice_id"]
    assert of_slice.tolist() == [0, 0, 1, 1, 1]
    for name, user in (("gma::dl::cell::rate", "gma::dl::rate"), ("lte::dl::cell::rb_usage", "lte::dl::rb_usage")):
        sums = [stats[user][of_slice == k].sum() for k in (0, 1)]
        assert env.adapter.feature(stats, name) == pytest.approx(sums)
    assert env.adapter.feature(stats, "gma::dl::cell::max_owd")[1] == stats["gma::dl::max_owd"][2:].max()
    cells = stats.frame().set_index("name").loc["dl::cell::rate", "value"]
    assert cells[0]["slice"] == [0, 1]
    env.close()


@pytest.mark.ns3
def test_the_reward_is_the_documented_sum():
    env = make_env("network_slicing", seed=2)
    env.reset()
    _, reward, *_ = env.step([0.5, 0.5])
    load, rate, late, used = (
        env.adapter.feature(env.stats, name)
        for name in (
            "gma::dl::cell::tx_rate",
            "gma::dl::cell::rate",
            "gma::dl::cell::delay_violation",
            "lte::dl::cell::rb_usage",
        )
    )
    assert reward == pytest.approx((np.minimum(rate / load, 1) - 1.5 * late / 100 - 0.5 * used / 100).sum())
    env.close()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"per_slice_config": {"dedicated_rbg": [13, 0]}}, ["claim 38", "25 in all", "100 resource blocks"]),
        ({"lte": {"resource_block_num": 50}}, ["claim 25", "16 in all"]),
        ({"per_slice_config": {"prioritized_rbg": [-1, 0]}}, ["env.per_slice_config.prioritized_rbg", "[-1, 0]"]),
        ({"sliced_rbg": "shared"}, ["env.sliced_rbg", "'shared'", "prioritized, dedicated"]),
        ({"features": ["gma::dl::rate"]}, ["env.features", "gma::dl::rate", "gma::dl::cell::rate"]),
        ({"rb_usage_weight": -1}, ["env.rb_usage_weight", "-1"]),
    ],
)
def test_what_cannot_be_is_told_with_key_and_value(keys, words):
    with pytest.raises(ConfigError) as caught:
        make_env("network_slicing", **keys)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("action", [[0.5], [0.5, 1.2], [0.5, np.nan], [-0.1, 0.5], "all"])
def test_a_wrong_action_reaches_no_simulator(action):
    with pytest.raises(ActionError, match=r"allowed|array of numbers"):
        cell().adapter.encode_action(action)
