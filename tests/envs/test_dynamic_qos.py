import numpy as np
import pytest

from netgym_cli import make_env
from netgym_cli.common.errors import ConfigError

USERS = 4


def overloaded(link, rate_mbps, **keys):
    """Four equal users beside the sites, all packets over one link that cannot carry them."""
    weights = {"wifi": 0, "nr": 0, "lte": 0, link: 1}
    return make_env(
        "dynamic_qos",
        seed=1,
        steps_per_episode=500,
        link_weights=weights,
        **{"min_priority_pct": 0, "max_priority_pct": 60, **keys},
        user_location_range={"min_x_m": 10, "max_x_m": 12, "min_y_m": 0, "max_y_m": 2},
        user_random_walk={"min_speed_mps": 0, "max_speed_mps": 0},
        per_slice_config={
            "num_users": [USERS, 0],
            "min_udp_rate_per_user_mbps": [rate_mbps, rate_mbps],
            "max_udp_rate_per_user_mbps": [rate_mbps, rate_mbps],
        },
    )


def marked(env, wifi=(), lte=(), steps=6):
    """Measurements after some steps with these users (from 0) marked on each link."""
    if not env.running:
        env.reset()
    marks = np.zeros((2, USERS), int)
    marks[0, list(wifi)] = 1
    marks[1, list(lte)] = 1
    for _ in range(steps):
        env.step(marks.ravel())
    return env.stats


@pytest.mark.ns3
@pytest.mark.parametrize(("link", "rate_mbps"), [("lte", 6.0), ("wifi", 30.0)])
def test_marked_users_packets_overtake_the_others_queue(link, rate_mbps):
    env = overloaded(link, rate_mbps)
    stats = marked(env, **{link: [1, 2]}, steps=8)
    delay, first = stats[f"gma::{link}::dl::owd"], stats[f"gma::{link}::dl::priority"]
    assert first.tolist() == [0, 1, 1, 0]
    assert delay[[1, 2]].max() < 0.3 * delay[[0, 3]].min()
    env.close()


@pytest.mark.ns3
def test_marks_beyond_the_allowed_share_are_taken_from_the_last_user_on():
    env = overloaded("lte", 2.0)
    stats = marked(env, lte=range(USERS))
    assert stats["gma::lte::dl::priority"].tolist() == [1, 1, 0, 0]
    env.close()


@pytest.mark.ns3
def test_the_default_rule_marks_the_first_users_up_to_the_share_and_returns_after_an_agent():
    env = overloaded("lte", 2.0, min_priority_pct=45)
    env.reset()
    counts = []
    for _ in range(4):
        env.step(None)
        counts.append(int(env.stats["gma::lte::dl::priority"].sum()))
    assert counts == [1, 2, 2, 2]
    assert marked(env, lte=[3], steps=2)["gma::lte::dl::priority"].tolist() == [0, 0, 0, 1]
    for _ in range(2):
        env.step(None)
    assert env.stats["gma::lte::dl::priority"].tolist() == [1, 0, 0, 1]
    env.close()


@pytest.mark.ns3
def test_the_reward_counts_users_whose_targets_are_met():
    env = overloaded("lte", 1.0)
    env.reset()
    _, reward, *_ = env.step(np.zeros(2 * USERS, int))
    assert reward == (env.stats["gma::dl::qos_rate"] > 0.1).sum()
    env.close()


@pytest.mark.parametrize("simulator", [pytest.param("ns3", marks=pytest.mark.ns3), "fluid"])
@pytest.mark.parametrize(
    ("order", "slices"),
    [("by_slice", [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]), ("interleaved", [1, 0, 1, 0, 1, 1, 0, 1, 0, 1])],
)
def test_users_of_both_slices_take_turns_or_not(simulator, order, slices):
    steady = {"udp_rate_swing": [0, 0], "udp_poisson_arrival": [False, False]}
    rates = steady | {"min_udp_rate_per_user_mbps": [1, 3], "max_udp_rate_per_user_mbps": [1, 3]}
    env = make_env("dynamic_qos", seed=1, simulator=simulator, user_order=order, per_slice_config=rates)
    env.reset()
    env.step(None)
    assert env.stats["lte::slice_id"].tolist() == slices
    assert (env.stats["gma::dl::tx_rate"] > 1.7).astype(int).tolist() == slices, "traffic is that of the slice, too"
    env.close()


def test_low_numbers_are_not_the_real_time_users_by_default():
    assert make_env("dynamic_qos").config.user_order == "interleaved"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"link_weights": {"wifi": 0, "nr": 0, "lte": 0}}, ["env.link_weights", "not all 0"]),
        ({"min_priority_pct": 95}, ["env.min_priority_pct is 95", "env.max_priority_pct is 25"]),
        (
            {"gma": {"enable_dynamic_flow_prioritization": False}},
            ["env.gma.enable_dynamic_flow_prioritization", "true"],
        ),
    ],
)
def test_what_cannot_be_is_told_with_key_and_value(keys, words):
    with pytest.raises(ConfigError) as caught:
        make_env("dynamic_qos", **keys)
    assert all(word in str(caught.value) for word in words), caught.value
